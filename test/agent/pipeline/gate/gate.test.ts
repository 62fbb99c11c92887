import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createGate } from '../../../../agent/pipeline/gate/gate.ts';
import { gateConfig } from '../../../../shared/contract/config/gate.ts';
import { schedule } from '../../../../shared/contract/config/schedule.ts';
import { brightness, type Scene } from './brightness.ts';

/** A gate that is shown a scene every `stepMs`. */
function start(overrides: object = {}, stepMs = 100) {
  const gate = createGate({ gate: gateConfig.parse(overrides) });
  if (!gate?.plane) throw new Error('this gate wants no plane');
  const { width, height } = gate.plane;
  const paint = brightness(width, height);
  let ptsMs = 0;
  return (scene: Scene = {}) => {
    ptsMs += stepMs;
    return gate.decide({ luma: paint(scene), width, height, ptsMs, wall: ptsMs });
  };
}

/** How many of n frames were analysed. */
function analysed(n: number, decide: (scene?: Scene) => string, scene: (i: number) => Scene = () => ({})): number {
  return Array.from({ length: n }, (_, i) => decide(scene(i))).filter((d) => d === 'analyse').length;
}

test('the first frame is analysed, and then those after `maxIdleS`', () => {
  const decide = start({ maxIdleS: 2 });
  const decisions = Array.from({ length: 61 }, () => decide());
  expect(decisions.flatMap((d, i) => (d === 'analyse' ? [i] : []))).toEqual([0, 20, 40, 60]);
});

test('somebody comes in, and goes: both are noticed in the very frame', () => {
  const decide = start({ maxIdleS: 60 });
  expect(analysed(20, decide)).toBe(1);
  const somebody: Scene = { things: [[0.4, 0.5, 0.06, 0.2]] };
  expect(decide(somebody)).toBe('analyse');
  expect(analysed(20, decide, () => somebody)).toBe(0);
  expect(decide()).toBe('analyse');
});

test('slow movement adds up: the result is never older than a step that counts', () => {
  const decide = start({ maxIdleS: 60 });
  const decisions = Array.from({ length: 200 }, (_, i) => decide({ things: [[0.1 + i * 0.002, 0.4, 0.1, 0.3]] }));
  const last = decisions.flatMap((d, i) => (d === 'analyse' ? [i] : []));
  const longest = Math.max(...last.map((frame, i) => frame - (last[i - 1] ?? 0)));
  expect(last.length).toBeLessThan(120);
  expect(longest * 0.002).toBeLessThan(0.03);
});

test.each([1, 3, 6])('noise of %d grey levels is no motion, and a person in it is', (noise) => {
  const decide = start({ maxIdleS: 60 });
  // What this camera's noise is like is learnt within some seconds.
  analysed(150, decide, (i) => ({ noise, seed: i }));
  expect(analysed(300, decide, (i) => ({ noise, seed: 1000 + i }))).toBeLessThanOrEqual(3);
  expect(decide({ noise, seed: 5000, things: [[0.4, 0.5, 0.08, 0.25]] })).toBe('analyse');
});

test('clouds and automatic exposure are no motion', () => {
  const decide = start({ maxIdleS: 60 });
  expect(analysed(300, decide, (i) => ({ light: 30 * Math.sin(i / 10) }))).toBe(1);
});

test('a waving tree gets quiet after a while; somebody in front of it does not', () => {
  const decide = start({ maxIdleS: 60 });
  const tree = (i: number): Scene => ({ things: [[0.1 + 0.01 * (i % 3), 0.1, 0.06, 0.06, 25]], seed: i, noise: 1 });
  const before = analysed(300, decide, tree);
  const after = analysed(300, decide, tree);
  expect(after).toBeLessThan(Math.max(5, before / 4));
  expect(decide({ things: [...(tree(0).things ?? []), [0.3, 0.3, 0.1, 0.3]] })).toBe('analyse');
});

test('what moves behind a mask does not count', () => {
  const mask = [
    [
      [0, 0],
      [0.5, 0],
      [0.5, 1],
      [0, 1],
    ],
  ];
  const decide = start({ maxIdleS: 60, mask });
  decide();
  expect(analysed(50, decide, (i) => ({ things: [[0.01 * (i % 30), 0.3, 0.1, 0.3]] }))).toBe(0);
  expect(decide({ things: [[0.6, 0.3, 0.1, 0.3]] })).toBe('analyse');
});

test('`minArea`: less than that is nothing', () => {
  const small: Scene = { things: [[0.5, 0.5, 0.06, 0.06]] };
  const coarse = start({ minArea: 0.02, maxIdleS: 60 });
  coarse();
  expect(coarse(small)).toBe('reuse');
  const fine = start({ minArea: 0.001, maxIdleS: 60 });
  fine();
  expect(fine(small)).toBe('analyse');
});

test('`holdS`: after a change every frame for so long', () => {
  const decide = start({ holdS: 1, maxIdleS: 60 });
  expect(analysed(30, decide)).toBe(11);
  const somebody: Scene = { things: [[0.4, 0.5, 0.06, 0.2]] };
  expect(analysed(30, decide, () => somebody)).toBe(11);
});

test('outside the active hours frames are skipped; the first one inside is analysed', () => {
  const gate = createGate({
    gate: gateConfig.parse({}),
    active: schedule.parse({ cron: ['* 8 * * *'], timezone: 'UTC' }),
  });
  const luma = new Uint8Array(96 * 72);
  const times = ['07:59:59', '08:00:00', '08:00:01', '09:00:00', '09:00:01'];
  const decisions = [2, 3].flatMap((day) =>
    times.map((time, i) => {
      const wall = Date.parse(`2026-03-0${day}T${time}Z`);
      return gate?.decide({ luma, width: 96, height: 72, ptsMs: i * 1000, wall });
    }),
  );
  const day = ['skip', 'analyse', 'reuse', 'skip', 'skip'];
  expect(decisions).toEqual([...day, ...day]);
});

test('active hours alone want no plane; without either there is no gate', () => {
  const gate = createGate({ gate: false, active: schedule.parse({ cron: ['* 8 * * *'], timezone: 'UTC' }) });
  expect(gate?.plane).toBeUndefined();
  const frame = { luma: new Uint8Array(0), width: 0, height: 0, ptsMs: 0 };
  expect(gate?.decide({ ...frame, wall: Date.parse('2026-03-02T08:30:00Z') })).toBe('analyse');
  expect(gate?.decide({ ...frame, wall: Date.parse('2026-03-02T09:30:00Z') })).toBe('skip');
  expect(createGate({ gate: false })).toBeUndefined();
});

test('whatever it sees: no more than `maxIdleS` between analysed frames, and the same picture twice is the same', () => {
  const planes = fc.array(fc.record({ value: fc.integer({ min: 0, max: 255 }), stepMs: fc.nat({ max: 3000 }) }), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(planes, fc.integer({ min: 1, max: 5 }), (frames, maxIdleS) => {
      const gate = createGate({ gate: gateConfig.parse({ maxIdleS }) });
      let ptsMs = 0;
      let last = Number.NEGATIVE_INFINITY;
      for (const { value, stepMs } of frames) {
        ptsMs += stepMs;
        const luma = new Uint8Array(96 * 72).map((_, i) => (value * (i + 1)) % 256);
        const frame = { luma, width: 96, height: 72, ptsMs, wall: 0 };
        const decision = gate?.decide(frame);
        if (ptsMs - last >= maxIdleS * 1000) expect(decision).toBe('analyse');
        if (decision !== 'analyse') continue;
        last = ptsMs;
        expect(gate?.decide(frame)).toBe('reuse');
      }
    }),
    { numRuns: 30 },
  );
});

test('a plane of another size is a mistake of the caller', () => {
  const gate = createGate({ gate: gateConfig.parse({}) });
  expect(() => gate?.decide({ luma: new Uint8Array(5), width: 5, height: 1, ptsMs: 0, wall: 0 })).toThrow(RangeError);
});
