import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Selector, Wave } from '../../../cloud-hub/contract/rollout.ts';
import { askOrder, cohortOrder, nextDevices, planWaves, selects, waveSize } from '../../../cloud-hub/rollout/cohort.ts';

const berlin = { id: 'a', labels: { site: 'berlin', ring: 'canary' } };

test.each<[Selector, boolean]>([
  [{}, true],
  [{ devices: ['a'] }, true],
  [{ devices: ['b', 'a'] }, true],
  [{ devices: ['b'] }, false],
  [{ devices: [] }, false],
  [{ labels: {} }, true],
  [{ labels: { site: 'berlin' } }, true],
  [{ labels: { site: 'bonn' } }, false],
  [{ labels: { site: ['bonn', 'berlin'] } }, true],
  [{ labels: { site: ['bonn', 'ber'] } }, false],
  // Not a part of the value.
  [{ labels: { site: 'ber' } }, false],
  [{ labels: { site: 'berlin', ring: 'stable' } }, false],
  [{ labels: { site: 'berlin', ring: 'canary' } }, true],
  [{ labels: { floor: '1' } }, false],
  // What every object has is no label.
  [{ labels: { constructor: 'x' } }, false],
  [{ labels: { site: 'berlin' }, devices: ['b'] }, false],
  [{ labels: { site: 'bonn' }, devices: ['a'] }, false],
])('%j selects: %s', (selector, expected) => {
  expect(selects(selector, berlin)).toBe(expected);
});

const wave = (more: Partial<Wave>): Wave => ({ soakS: 0, ...more });

test.each([
  [{ percent: 1 }, 1, 1],
  [{ percent: 1 }, 100, 1],
  [{ percent: 1 }, 101, 2],
  [{ percent: 10 }, 20, 2],
  [{ percent: 10 }, 21, 3],
  // 0.07 · 100 is a little more than 7 in binary.
  [{ percent: 7 }, 100, 7],
  [{ percent: 0.001 }, 5, 1],
  [{ percent: 100 }, 7, 7],
  [{ devices: 3 }, 10, 3],
  [{ devices: 30 }, 10, 10],
  [{ devices: 1 }, 0, 0],
  [{ percent: 50 }, 0, 0],
])('a wave of %j of %i devices is %i', (settings, total, size) => {
  expect(waveSize(wave(settings), total)).toBe(size);
});

describe('who is asked', () => {
  test('those online come first, each part in its own fixed order', () => {
    const devices = Array.from({ length: 12 }, (_, i) => ({ id: `d${i}`, online: i % 3 > 0 }));
    const online = devices.filter((d) => d.online).map((d) => d.id);
    const offline = devices.filter((d) => !d.online).map((d) => d.id);
    expect(askOrder('r', devices)).toEqual([...cohortOrder('r', online), ...cohortOrder('r', offline)]);
    expect(cohortOrder('r', online)).not.toEqual(cohortOrder('other', online));
    // Rollout and device are told apart: `r` + `1d` is not `r1` + `d`.
    expect(cohortOrder('r', ['1d', '2d'])).toHaveLength(2);
  });

  test('as many as the wave lacks, in order, never anybody twice', () => {
    const device = fc.nat(60).map((n) => `d${n}`);
    fc.assert(
      fc.property(
        fc.uniqueArray(device, { maxLength: 40 }),
        fc.uniqueArray(device, { maxLength: 40 }),
        fc.oneof(
          fc.record({ devices: fc.integer({ min: 1, max: 50 }) }),
          fc.record({ percent: fc.integer({ min: 1, max: 100 }) }),
        ),
        (order, known, settings) => {
          const asked = new Set(known);
          const next = nextDevices(order, asked, wave(settings));
          const already = order.filter((d) => asked.has(d)).length;
          expect(next).toEqual(order.filter((d) => !asked.has(d)).slice(0, next.length));
          expect(already + next.length).toBe(Math.max(already, waveSize(wave(settings), order.length)));
        },
      ),
    );
  });

  test('the plan of all waves goes on where the one before ended; a wave that is no larger has nobody', () => {
    const order = ['a', 'b', 'c', 'd'];
    expect(
      planWaves(order, [wave({ devices: 1 }), wave({ percent: 50 }), wave({ devices: 2 }), wave({ percent: 100 })]),
    ).toEqual([['a'], ['b'], [], ['c', 'd']]);
    expect(planWaves([], [wave({ percent: 100 })])).toEqual([[]]);
  });
});
