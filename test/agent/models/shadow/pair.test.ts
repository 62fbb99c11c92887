import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createPair, incomparable } from '../../../../agent/models/shadow/pair.ts';
import { type Answer, createTally } from '../../../../agent/models/shadow/tally.ts';

import { type Engine, openEngine } from '../../../../shared/engine/engine.ts';
import { systemClock } from '../../../../shared/kit/clock.ts';
import { writeBrightPackage } from '../../../support/onnx.ts';
import { waveFit, writeWaveModel } from '../../../support/sensor.ts';
import { tempFolder } from '../../../support/temp.ts';

async function engineOf(options: Parameters<typeof writeBrightPackage>[1] = {}): Promise<Engine> {
  const dir = writeBrightPackage(path.join(tempFolder(), 'package'), { size: 16, ...options });
  const engine = await openEngine({ dir, variant: 'fp32', threads: 1 }, systemClock);
  onTestFinished(() => engine.close());
  return engine;
}

const fit = { width: 16, height: 16, scaleX: 1, scaleY: 1, left: 0, top: 0 } as never;
const bright = { tensor: new Float32Array(3 * 16 * 16).fill(255), fit };

test('each input goes to both, in turns who is first, and their answers are told apart', async () => {
  const [a, b] = [await engineOf(), await engineOf({ poison: true })];
  const order: string[] = [];
  const watched = (engine: Engine, name: string): Engine => ({
    ...engine,
    run(...args) {
      order.push(name);
      return engine.run(...args);
    },
  });
  const answers: [Answer, Answer][] = [];
  const tally = createTally(10);
  const pair = createPair(watched(a, 'incumbent'), watched(b, 'candidate'), {
    ...tally,
    add(incumbent, candidate) {
      answers.push([incumbent, candidate]);
      tally.add(incumbent, candidate);
    },
  });
  const dark = { tensor: new Float32Array(3 * 16 * 16), fit };
  for (let i = 0; i < 3; i++) await pair.look(bright, dark, 0.5);
  expect(order).toEqual(['incumbent', 'candidate', 'candidate', 'incumbent', 'incumbent', 'candidate']);
  for (const [incumbent, candidate] of answers) {
    expect(incumbent).toMatchObject({ outcome: { task: 'detect' }, ms: expect.any(Number) });
    expect('ms' in incumbent && incumbent.ms > 0).toBe(true);
    // Zero divided by zero is no number.
    expect(candidate).toEqual({ error: expect.stringMatching(/NaN/) });
  }
  expect(tally.result()).toMatchObject({ frames: 3, errors: { incumbent: 0, candidate: 3 } });
});

test('models are compared when they have one task, pictures of any size, and the same windows', async () => {
  const engine = await engineOf();
  const other = await engineOf({ size: 32 });
  expect(incomparable(engine, other)).toBeUndefined();
  const as = (of: Engine, manifest: object): Engine => ({ ...of, manifest: { ...of.manifest, ...manifest } as never });
  expect(incomparable(engine, as(engine, { task: 'classify' }))).toBe(
    `its task is "classify", the incumbent's is "detect"`,
  );
  const window = { window: 8, hop: 4, channels: ['a'] };
  const [series, same, longer] = [{ input: window }, { input: { ...window } }, { input: { ...window, window: 9 } }];
  expect(incomparable(as(engine, series), as(other, same))).toBeUndefined();
  expect(incomparable(as(engine, series), as(other, longer))).toMatch(/windows differ from those of the incumbent/);
  expect(incomparable(engine, as(other, series))).toMatch(/windows differ/);
  expect(incomparable(as(engine, series), other)).toMatch(/windows differ/);
});

test('windows: an engine that answers as the incumbent does, asks the candidate too, and forgets for both', async () => {
  const dir = await writeWaveModel(tempFolder());
  const open = async () => {
    const engine = await openEngine({ dir, variant: 'auto', threads: 1 }, systemClock);
    onTestFinished(() => engine.close());
    return engine;
  };
  const [a, b] = [await open(), await open()];
  const resets: string[] = [];
  let isBroken = false;
  const seen: Float32Array[] = [];
  const watched = (engine: Engine, name: string): Engine => ({
    ...engine,
    attach() {
      const inner = engine.attach();
      return {
        run(window, threshold) {
          seen.push(window.slice());
          if (name === 'incumbent' && isBroken) throw new Error('broken');
          const result = inner.run(window, threshold);
          // Whoever was first may have used its input up.
          return result.finally(() => window.fill(Number.NaN));
        },
        reset() {
          resets.push(name);
          inner.reset();
        },
      };
    },
  });
  const tally = createTally(4);
  const { windows } = createPair(watched(a, 'incumbent'), watched(b, 'candidate'), tally);
  expect(windows.manifest).toBe(a.manifest);
  const inference = windows.attach();
  const wave = (phase: number) =>
    Float32Array.from({ length: waveFit.window }, (_, i) => Math.sin((2 * Math.PI * (i + phase)) / 10));
  const alone = a.attach();
  for (let i = 0; i < 4; i++) {
    const result = await inference.run(wave(i));
    // Its threshold follows what came before, so a stream of the same windows must say the same.
    expect(result.outcome).toEqual((await alone.run(wave(i))).outcome);
  }
  expect(seen).toHaveLength(8);
  for (let i = 0; i < 8; i += 2) expect(seen[i]).toEqual(seen[i + 1]);
  expect(tally.result()).toMatchObject({ frames: 4, agreement: 1, errors: { incumbent: 0, candidate: 0 } });
  inference.reset();
  expect(resets).toEqual(['incumbent', 'candidate']);
  isBroken = true;
  await expect(inference.run(wave(0))).rejects.toThrow('the incumbent failed on this window');
  expect(tally.result()).toMatchObject({ frames: 5, errors: { incumbent: 1, candidate: 0 } });
});
