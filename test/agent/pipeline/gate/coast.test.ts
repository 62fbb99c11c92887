import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createGate } from '../../../../agent/pipeline/gate/gate.ts';
import { gateConfig } from '../../../../shared/contract/config/gate.ts';
import { brightness, type Scene } from './brightness.ts';

/** A gate that is shown a scene every 100 ms, and hears after each analysed frame that nothing can happen for `quietMs`. */
function start(overrides: object = {}) {
  const gate = createGate({ gate: gateConfig.parse(overrides) });
  if (!gate?.plane) throw new Error('this gate wants no plane');
  const { width, height } = gate.plane;
  const paint = brightness(width, height);
  expect(gate.ready()).toBe(true);
  let ptsMs = 0;
  return (scene: Scene, quietMs: number) => {
    ptsMs += 100;
    const decision = gate.decide({ luma: paint(scene), width, height, ptsMs, wall: ptsMs });
    expect(gate.ready()).toBe(decision !== 'analyse' || gateConfig.parse(overrides).coastS === 0);
    if (decision === 'analyse') gate.feedBack(quietMs);
    expect(gate.ready()).toBe(true);
    return decision;
  };
}

/** Somebody who walks. */
const walker = (i: number): Scene => ({ things: [[0.05 + 0.03 * (i % 30), 0.4, 0.06, 0.25]] });

/** The numbers of the analysed frames, of n. */
function analysed(n: number, decide: (i: number) => string): number[] {
  return Array.from({ length: n }, (_, i) => decide(i)).flatMap((d, i) => (d === 'analyse' ? [i] : []));
}

test('things move: analysed again when something can happen, at the latest after `coastS`', () => {
  const reported = start({ coastS: 0.5 });
  expect(analysed(11, (i) => reported(walker(i), 300))).toEqual([0, 3, 6, 9]);
  const far = start({ coastS: 0.5 });
  expect(analysed(11, (i) => far(walker(i), 5000))).toEqual([0, 5, 10]);
  const near = start({ coastS: 0.5 });
  expect(analysed(5, (i) => near(walker(i), 0))).toEqual([0, 1, 2, 3, 4]);
  const never = start({ coastS: 0 });
  expect(analysed(5, (i) => never(walker(i), 5000))).toEqual([0, 1, 2, 3, 4]);
});

test('nothing moves: the last result stands, however much might happen', () => {
  const decide = start({ coastS: 0.5, maxIdleS: 3 });
  const decisions = Array.from({ length: 31 }, () => decide({}, 0));
  expect(decisions).toEqual(['analyse', ...Array.from({ length: 29 }, () => 'reuse'), 'analyse']);
});

test('somebody comes into an empty place: noticed in the very frame', () => {
  const decide = start({ coastS: 0.5, maxIdleS: 60 });
  for (let i = 0; i < 20; i++) decide({}, 500);
  expect(decide(walker(10), 500)).toBe('analyse');
});

test('whatever it sees and hears: it never coasts for longer than told, than `coastS` or than `maxIdleS`', () => {
  const frames = fc.array(
    fc.record({
      value: fc.integer({ min: 0, max: 255 }),
      stepMs: fc.nat({ max: 800 }),
      quietMs: fc.nat({ max: 3000 }),
    }),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(frames, fc.integer({ min: 0, max: 20 }), fc.integer({ min: 1, max: 20 }), (played, coast, idle) => {
      const gate = createGate({ gate: gateConfig.parse({ coastS: coast / 10, maxIdleS: idle / 10 }) });
      let ptsMs = 0;
      let last = Number.NEGATIVE_INFINITY;
      let quiet = 0;
      for (const { value, stepMs, quietMs } of played) {
        ptsMs += stepMs;
        const luma = new Uint8Array(96 * 72).map((_, i) => (value * (i + 1)) % 256);
        const decision = gate?.decide({ luma, width: 96, height: 72, ptsMs, wall: 0 });
        if (decision === 'coast') expect(ptsMs - last).toBeLessThan(Math.min(quiet, coast * 100, idle * 100));
        if (decision !== 'analyse') continue;
        gate?.feedBack(quietMs);
        last = ptsMs;
        quiet = quietMs;
      }
    }),
    { numRuns: 30 },
  );
});
