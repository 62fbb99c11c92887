import path from 'node:path';
import { expect, test } from 'vitest';
import { createEngines, engineKeyOf } from '../../../agent/runner/engines.ts';
import { type Engine, type EngineOptions, openEngine } from '../../../shared/engine/engine.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { writeBrightPackage } from '../../support/onnx.ts';
import { tempFolder } from '../../support/temp.ts';

const use = (modelDir: string, more: { variant?: string; batch?: number; threads?: number } = {}) => ({
  modelDir,
  variant: more.variant ?? 'auto',
  batch: more.batch ?? 1,
  runtime: { threads: more.threads ?? 1, provider: 'cpu' as const },
});

function watched(closing: () => Promise<void> = async () => undefined) {
  const opened: EngineOptions[] = [];
  const closed: string[] = [];
  const engines = createEngines(async (options) => {
    opened.push(options);
    const engine = await openEngine(options, systemClock);
    const watching: Engine = {
      ...engine,
      async close() {
        closed.push(options.dir);
        await closing();
        await engine.close();
      },
    };
    return watching;
  });
  return { engines, opened, closed };
}

test('one engine for all that run a model alike, opened once; it is closed when nobody uses it, and opened again later', async () => {
  const { engines, opened, closed } = watched();
  const [a, b] = [
    writeBrightPackage(path.join(tempFolder(), 'a'), { size: 16 }),
    writeBrightPackage(path.join(tempFolder(), 'b'), { size: 16 }),
  ];
  const [first, second] = await Promise.all([engines.of(use(a, { batch: 4 })), engines.of(use(a, { batch: 2 }))]);
  expect(second).toBe(first);
  expect(opened).toEqual([{ dir: a, variant: 'auto', batch: 4, threads: 1, provider: 'cpu' }]);
  const others = [use(b), use(a, { variant: 'fp32' }), use(a, { threads: 2 })];
  for (const other of others) expect(await engines.of(other)).not.toBe(first);
  expect(opened).toHaveLength(4);
  await engines.keep([use(a), use(b)]);
  expect(closed).toEqual([a, a]);
  expect(await engines.of(use(a))).toBe(first);
  await engines.keep([]);
  expect(closed).toEqual([a, a, a, b]);
  await engines.keep([]);
  expect(closed).toHaveLength(4);
  expect(await engines.of(use(a))).not.toBe(first);
  await engines.keep([]);
});

test('who lets an engine go waits until it is closed: its memory is free before the next one is loaded', async () => {
  let release: () => void = () => undefined;
  const { engines, closed } = watched(
    () =>
      new Promise((resolve) => {
        release = resolve;
      }),
  );
  const dir = writeBrightPackage(path.join(tempFolder(), 'a'), { size: 16 });
  await engines.of(use(dir));
  let kept = false;
  const keeping = engines.keep([]).then(() => {
    kept = true;
  });
  await new Promise(setImmediate);
  expect(closed).toEqual([dir]);
  expect(kept).toBe(false);
  release();
  await keeping;
});

test('one that cannot be opened stays so until nobody uses it, and stops nothing that is let go', async () => {
  const { engines, opened } = watched();
  const missing = path.join(tempFolder(), 'missing');
  const good = writeBrightPackage(path.join(tempFolder(), 'good'), { size: 16 });
  await expect(engines.of(use(missing))).rejects.toThrow(/model\.yaml/);
  await expect(engines.of(use(missing))).rejects.toThrow(/model\.yaml/);
  expect(opened).toHaveLength(1);
  await engines.of(use(good));
  await engines.keep([use(good)]);
  writeBrightPackage(missing, { size: 16 });
  expect((await engines.of(use(missing))).manifest.name).toBe('bright');
  await engines.keep([]);
});

test('what makes an engine: the package, the variant and the way to run it', () => {
  expect(engineKeyOf(use('a', { batch: 4 }))).toBe(engineKeyOf(use('a')));
  const keys = [use('a'), use('b'), use('a', { variant: 'int8' }), use('a', { threads: 2 })].map(engineKeyOf);
  expect(new Set(keys).size).toBe(4);
});
