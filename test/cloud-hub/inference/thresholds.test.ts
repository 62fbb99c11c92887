/** Thresholds out of second opinions: what is proposed, with which effect, and when nothing is. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { streamThresholds } from '../../../cloud-hub/contract/threshold.ts';
import { adviseThresholds, LEAST_OBJECTS } from '../../../cloud-hub/inference/thresholds.ts';
import type { Spoken } from '../../../cloud-hub/store/opinions.ts';

import { tempFolder } from '../../support/temp.ts';
import { addDevice, testHub } from '../support.ts';
import { addJudged, frame, halfWrongBelow, object } from './judged.ts';

const event = (score: number, right: boolean, said?: 'right' | 'wrong'): Spoken => ({
  ...frame(score, right, { chosenBy: ['event', 'random'], outcome: right ? 'confirmed' : 'withdrawn' }),
  event: { rule: 'line', ruleKind: 'line', action: 'forward', label: 'person', score },
  ...(said ? { said } : {}),
});
const many = <T>(n: number, make: (i: number) => T) => Array.from({ length: n }, (_, i) => make(i));

describe('a proposal', () => {
  test('is the lowest threshold that surely reaches the precision, with what is lost by it', () => {
    const events = [event(0.5, false), event(0.5, true), event(0.8, true)];
    const [advice, ...others] = adviseThresholds([...halfWrongBelow, ...events], 0.95);
    expect(others).toEqual([]);
    expect(advice).toMatchObject({
      label: 'person',
      today: { threshold: 0.4, precision: { share: 0.75, n: 200 }, kept: { share: 1 } },
      proposed: { threshold: 0.7, precision: { share: 1, n: 100 }, kept: { share: 100 / 150 } },
      events: { wrong: 1, wrongLeft: 0, right: 2, rightLeft: 1 },
    });
    expect(advice?.proposed?.precision.from).toBeGreaterThanOrEqual(0.95);
  });

  test('is made of what was asked with the threshold of today', () => {
    const old = many(100, () => frame(0.45, false));
    const now = many(100, () => frame(0.7, true, { edge: { threshold: 0.6, objects: [object(0.7)] } }));
    const [advice] = adviseThresholds([...now, ...old], 0.95);
    expect(advice).toMatchObject({ today: { threshold: 0.6, precision: { n: 100 } } });
    expect(advice?.proposed).toBeUndefined();
    expect(advice?.reason).toContain("today's threshold already gives");
  });

  test('counts an operator above the hub', () => {
    const [advice] = adviseThresholds([...halfWrongBelow, event(0.8, true, 'wrong'), event(0.8, false, 'right')], 0.95);
    expect(advice?.events).toEqual({ wrong: 1, wrongLeft: 1, right: 1, rightLeft: 1 });
  });
});

describe('no proposal', () => {
  test('of too few frames by chance, however many events were judged: those are no fair sample', () => {
    const few = many(LEAST_OBJECTS - 1, () => frame(0.9, true));
    const [advice] = adviseThresholds([...few, ...many(500, () => event(0.9, true))], 0.5);
    expect(advice?.proposed).toBeUndefined();
    expect(advice?.today).toBeUndefined();
    expect(advice?.reason).toMatch(/29 objects of it, and 30 are needed. 500 events do not help/);
  });

  test('where none reaches the precision: it says the surest', () => {
    const [advice] = adviseThresholds(
      many(200, (i) => frame(0.5 + i / 1000, i % 2 === 0)),
      0.95,
    );
    expect(advice?.proposed).toBeUndefined();
    expect(advice?.reason).toMatch(/no threshold is known to give 95 % right: the surest is 0\.\d+, with \d/);
  });

  test('of samples whose threshold was not kept, of none, and of what selectors chose by doubt', () => {
    expect(adviseThresholds([], 0.9)).toEqual([]);
    const older = many(100, () => frame(0.9, true, { edge: { objects: [object(0.9)] } }));
    expect(adviseThresholds(older, 0.9)).toEqual([]);
    const doubtful = many(100, () => frame(0.9, true, { chosenBy: ['score'] }));
    expect(adviseThresholds(doubtful, 0.9)).toEqual([]);
  });
});

test('whatever was judged: a proposal is above today, surely reaches the precision, and rests on enough objects', () => {
  const judged = fc.array(fc.tuple(fc.double({ min: 0.4, max: 1, noNaN: true }), fc.boolean()), { maxLength: 150 });
  fc.assert(
    fc.property(judged, fc.double({ min: 0.5, max: 0.99, noNaN: true }), (pairs, wanted) => {
      for (const { today, proposed } of adviseThresholds(
        pairs.map(([score, right]) => frame(score, right)),
        wanted,
      )) {
        if (!proposed) continue;
        expect(proposed.threshold).toBeGreaterThan(today?.threshold ?? 0);
        expect(proposed.precision.from).toBeGreaterThanOrEqual(wanted);
        expect(proposed.precision.n).toBeGreaterThanOrEqual(LEAST_OBJECTS);
        // Counted by hand.
        const left = pairs.filter(([score]) => score >= proposed.threshold);
        expect(proposed.precision.n).toBe(left.length);
      }
    }),
  );
});

test('the API reads what the hub has stored, per device and stream', async () => {
  const folder = tempFolder();
  await addJudged(folder, halfWrongBelow);
  const hub = await testHub({ folder });
  await addDevice(hub, 'cam');
  const ask = async (stream: string) =>
    streamThresholds.parse(await hub.json(`/devices/cam/streams/${stream}/thresholds?precision=0.95`));
  expect(await ask('door')).toMatchObject({ frames: 200, items: [{ label: 'person', proposed: { threshold: 0.7 } }] });
  expect(await ask('yard')).toMatchObject({ frames: 0, items: [] });
  expect((await hub.api('/devices/none/streams/door/thresholds')).status).toBe(404);
  expect((await hub.api('/devices/cam/streams/door/thresholds?precision=2')).status).toBe(400);
});
