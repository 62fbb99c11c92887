/** Selectors of frames by what they show: for any answers, and where it matters by example. */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fileMemory, noMemory, type SelectorMemory } from '../../../../agent/pipeline/choose/memory.ts';
import { createFrameSelector } from '../../../../agent/pipeline/choose/registry.ts';
import type { Chance } from '../../../../agent/pipeline/stage.ts';
import { selector } from '../../../../shared/contract/config/escalate.ts';
import type { Detection } from '../../../../shared/contract/messages/preview.ts';
import type { Box } from '../../../../shared/contract/names.ts';
import type { Outcome } from '../../../../shared/engine/outcome.ts';
import { createSealer, noSealer } from '../../../../shared/kit/seal.ts';
import { seeded } from '../../../support/random.ts';
import { tempFolder } from '../../../support/temp.ts';

const of = (config: object, memory: SelectorMemory = noMemory) => {
  const parsed = selector.parse(config);
  if (parsed.kind === 'event') throw new Error('of frames only');
  return createFrameSelector(parsed, () => 0.5, memory);
};
const chance = (seen: readonly Detection[], ptsMs: number, outcome?: Outcome): Chance => ({
  ...{ frame: 0, ptsMs, seen, threshold: 0.5 },
  outcome: outcome ?? { task: 'detect', detections: [...seen] },
});
const somebody = (more: Partial<Detection> = {}): Detection => ({
  ...{ label: 'person', score: 0.9, track: 1, box: [0.1, 0.1, 0.2, 0.4] as Box },
  ...more,
});

const aScore = fc.double({ min: 0, max: 1, noNaN: true });
const aDetection = fc.record({
  label: fc.constantFrom('person', 'car', 'dog'),
  score: aScore,
  track: fc.integer({ min: 1, max: 6 }),
  box: fc.tuple(aScore, aScore, aScore, aScore).map(([x, y, w, h]): Box => [x, y, w, h]),
});
const aLook = fc.oneof(
  fc.uniqueArray(aDetection, { maxLength: 5, selector: ({ track }) => track }).map((seen) => ({ seen })),
  fc
    .array(aScore, { maxLength: 5 })
    .map((scores) => scores.toSorted((a, b) => b - a).map((score, i) => ({ label: `c${i}`, score })))
    .map((classes) => ({ seen: [], outcome: { task: 'classify', classes } as Outcome })),
  fc
    .array(fc.float({ noNaN: true, noDefaultInfinity: true }), { maxLength: 8 })
    .map((values) => ({ seen: [], outcome: { task: 'embed', vector: Float32Array.from(values) } as Outcome })),
);
const looks = fc.array(fc.tuple(aLook, fc.integer({ min: -500, max: 2000 })), { maxLength: 60 });

test.each(['entropy', 'flicker', 'novelty'])(
  '%s: a worth is 0 to 1, whatever comes, also when time jumps back',
  (kind) => {
    fc.assert(
      fc.property(looks, (all) => {
        const one = of({ kind });
        let at = 0;
        for (const [look, step] of all) {
          at += step;
          const worth = one.worth(chance(look.seen, at, 'outcome' in look ? look.outcome : undefined));
          if (worth !== undefined) expect(worth >= 0 && worth <= 1).toBe(true);
        }
      }),
    );
  },
);

describe('entropy', () => {
  test('of objects: chosen just where the score says little, and more the nearer to a half', () => {
    fc.assert(
      fc.property(aScore, aScore, (a, b) => {
        const [x, y] = [a, b].map((score) =>
          of({ kind: 'entropy', atLeast: 0.5 }).worth(chance([somebody({ score })], 0)),
        );
        // It is 0.5 at scores of 0.110 and 0.890.
        if (Math.abs(a - 0.5) < 0.389) expect(x).toBeDefined();
        if (Math.abs(a - 0.5) > 0.391) expect(x).toBeUndefined();
        if (x !== undefined && y !== undefined && Math.abs(a - 0.5) < Math.abs(b - 0.5))
          expect(x).toBeGreaterThanOrEqual(y);
      }),
    );
  });

  test('of classes: all alike is 1, one alone is nothing', () => {
    const classes = (...scores: number[]): Outcome => ({
      task: 'classify',
      classes: scores.map((score, i) => ({ label: `c${i}`, score })),
    });
    const one = of({ kind: 'entropy' });
    expect(one.worth(chance([], 0, classes(0.25, 0.25, 0.25, 0.25)))).toBeCloseTo(1);
    expect(one.worth(chance([], 0, classes(0.97, 0.01, 0.01, 0.01)))).toBeUndefined();
    expect(one.worth(chance([], 0, classes(1)))).toBeUndefined();
  });
});

describe('flicker', () => {
  const config = { kind: 'flicker', changes: 3, withinS: 10, againS: 0 };

  test('one that walks in, stays and goes is steady', () => {
    const one = of(config);
    for (let at = 0; at < 60_000; at += 200)
      expect(one.worth(chance(at > 5000 && at < 50_000 ? [somebody()] : [], at))).toBeUndefined();
  });

  test('one whose score goes above and below, who is lost and found, or who is now this and now that', () => {
    const courses: ((n: number) => Detection[])[] = [
      (n) => [somebody({ score: n % 2 ? 0.4 : 0.6 })],
      (n) => (n % 2 ? [] : [somebody()]),
      (n) => [somebody({ track: n, label: n % 2 ? 'person' : 'dog' })],
    ];
    for (const course of courses) {
      const one = of(config);
      const worths = Array.from({ length: 12 }, (_, n) => one.worth(chance(course(n), n * 200)));
      expect(worths.slice(0, 3)).toEqual([undefined, undefined, undefined]);
      expect(worths.filter((worth) => worth !== undefined).length).toBeGreaterThan(3);
      // Slow changes are none.
      const slow = of(config);
      for (let n = 0; n < 12; n++) expect(slow.worth(chance(course(n), n * 11_000))).toBeUndefined();
    }
  });

  test('others beside it do not make an object unsteady', () => {
    const one = of(config);
    for (let n = 0; n < 40; n++) {
      const walker = somebody({
        track: 100 + n,
        box: [0.6, 0.6, 0.1, 0.1],
        label: n % 2 ? 'cat' : 'person',
        score: 0.9,
      });
      const far = somebody({ track: 1 });
      one.worth(chance(n % 8 < 4 ? [far] : [far, { ...walker, box: [n / 50, 0.6, 0.01, 0.01] }], n * 400));
    }
    expect(one.worth(chance([somebody()], 16_400))).toBeUndefined();
  });
});

describe('novelty', () => {
  const config = { kind: 'novelty', times: 3, againS: 0 };
  /** Two usual directions with noise. */
  const usual = (draw: () => number): Outcome => {
    const direction = draw() < 0.5 ? 0 : 1;
    const vector = Float32Array.from({ length: 16 }, (_, i) => (i === direction ? 1 : 0) + (draw() - 0.5) / 10);
    return { task: 'embed', vector };
  };
  const strange: Outcome = { task: 'embed', vector: Float32Array.from({ length: 16 }, (_, i) => (i === 9 ? 1 : 0)) };
  const learnt = (memory?: SelectorMemory) => {
    const one = of(config, memory);
    const draw = seeded(3);
    let chosen = 0;
    for (let n = 0; n < 600; n++) if (one.worth(chance([], n * 200, usual(draw))) !== undefined) chosen++;
    return { one, chosen };
  };

  test('what is far from all that was seen, and only until it is usual too', () => {
    const { one, chosen } = learnt();
    expect(chosen).toBeLessThan(6);
    expect(one.worth(chance([], 200_000, strange))).toBeGreaterThan(0.5);
    for (let n = 0; n < 50; n++) one.worth(chance([], 201_000 + n * 200, strange));
    expect(one.worth(chance([], 220_000, strange))).toBeUndefined();
  });

  test('objects of a label and scores that never came', () => {
    const one = of(config);
    for (let n = 0; n < 400; n++) one.worth(chance([somebody({ score: 0.88 + (n % 5) / 100 })], n * 200));
    expect(one.worth(chance([somebody()], 90_000))).toBeUndefined();
    const crowd = Array.from({ length: 6 }, (_, track) => somebody({ track, label: 'horse', score: 0.35 }));
    expect(one.worth(chance(crowd, 91_000))).toBeGreaterThan(0.5);
  });

  test('what it knows survives a restart, in a bounded file that is sealed, and a damaged one is learned anew', () => {
    const key = randomBytes(32);
    for (const sealer of [noSealer, createSealer(key, [], 'memory')]) {
      const folder = tempFolder();
      const file = path.join(folder, 'detectors', 'street.json');
      const faults: string[] = [];
      const memory = () => fileMemory(file, sealer, (message) => faults.push(message));
      learnt(memory());
      expect(readdirSync(path.dirname(file))).toEqual(['street.json']);
      expect(readFileSync(file).length).toBeLessThan(2 * 64 * 16 * 25);
      if (sealer.keyId !== undefined) expect(readFileSync(file).includes('typical')).toBe(false);
      const again = of(config, memory());
      expect(again.worth(chance([], 0, usual(seeded(4))))).toBeUndefined();
      expect(again.worth(chance([], 200, strange))).toBeGreaterThan(0.5);
      expect(faults).toEqual([]);
      writeFileSync(file, '{"version":1,"length":3');
      const anew = of(config, memory());
      expect(anew.worth(chance([], 400, strange))).toBeUndefined();
      expect(faults.length).toBe(1);
    }
  });
});
