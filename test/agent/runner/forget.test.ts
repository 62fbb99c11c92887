/** A stream forgets what it has learned, in this process: a real sensor file, and the real file of its detector. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Assignment, FromRunner } from '../../../agent/runner/messages.ts';
import { createRunner } from '../../../agent/runner/runner.ts';
import { streamConfig } from '../../../shared/contract/config/stream.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { writeClip, writeWalkerPackage } from '../../support/clip.ts';
import { builtThreads } from '../../support/decode-threads.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';

/** A runner with one sensor `pump`, whose file ends after a while, or goes on from its start for ever. */
function learning({ loop }: { readonly loop: boolean }, stateFile?: (folder: string) => string) {
  const folder = tempFolder();
  const csv = path.join(folder, 'pump.csv');
  const rows = Array.from(
    { length: 900 },
    (_, at) => `${new Date(Date.UTC(2026, 0, 5, 0, at)).toISOString()},${20 + Math.sin(at * at)}`,
  );
  writeFileSync(csv, ['timestamp,value', ...rows].join('\n'));
  const file = (stateFile ?? ((at) => path.join(at, 'detectors', 'pump.json')))(folder);
  const pump: Assignment = {
    stream: 'pump',
    config: streamConfig.parse({
      kind: 'sensor',
      source: { url: csv, pace: 'fast', loop },
      detector: 'online',
      rules: [{ name: 'unusual', kind: 'anomaly' }],
    }),
    modelDir: '',
    variant: 'auto',
    batch: 1,
    runtime: { threads: 1, provider: 'cpu' },
    once: false,
    stateFile: file,
  };
  return { ...watched(pump), file };
}

/** A runner with one stream. */
function watched(assignment: Assignment) {
  const messages: FromRunner[] = [];
  const runner = createRunner((message) => messages.push(message), systemClock, builtThreads(1));
  onTestFinished(() => runner.stop());
  const states = () => messages.flatMap((m) => (m.type === 'status' ? [m.status.state] : []));
  const forgot = () => messages.flatMap((m) => (m.type === 'forgot' ? [m] : []));
  runner.handle({ type: 'assign', assignments: [assignment], standby: false });
  const forget = async (stream: string) => {
    const before = forgot().length;
    runner.handle({ type: 'forget', stream });
    await until(() => forgot().length > before, 'an answer');
    return forgot().at(-1);
  };
  return { runner, states, forget };
}

test('a stream whose source has ended forgets, and does not begin again', async () => {
  const { runner, states, forget, file } = learning({ loop: false });
  await until(() => states().at(-1) === 'ended', 'it has learned');
  expect(existsSync(file)).toBe(true);
  expect(await forget('pump')).toEqual({ type: 'forgot', stream: 'pump' });
  expect(existsSync(file)).toBe(false);
  expect(states()).toEqual(['starting', 'running', 'ended']);
  await runner.stop();
  expect(existsSync(file)).toBe(false);
});

test('a stream that runs forgets, and begins anew', async () => {
  const { states, forget } = learning({ loop: true });
  await until(() => states().includes('running'), 'it runs');
  expect(await forget('pump')).toEqual({ type: 'forgot', stream: 'pump' });
  await until(() => states().filter((state) => state === 'running').length === 2, 'it runs again');
  expect(states()).toEqual(['starting', 'running', 'starting', 'running']);
});

test('what cannot be removed is said with the reason, and the stream runs on', async () => {
  // A folder with something in it lies where the file should be.
  const { states, forget, file } = learning({ loop: true }, (folder) => {
    const inTheWay = path.join(folder, 'pump.json');
    mkdirSync(inTheWay);
    writeFileSync(path.join(inTheWay, 'note'), 'mine');
    return inTheWay;
  });
  await until(() => states().includes('running'), 'it runs');
  expect(await forget('pump')).toEqual({
    type: 'forgot',
    stream: 'pump',
    failure: expect.stringContaining(file) as string,
  });
  await until(() => states().filter((state) => state === 'running').length === 2, 'it runs again');
  expect(readFileSync(path.join(file, 'note'), 'utf8')).toBe('mine');
});

test('of a stream that is not here there is nothing to forget', async () => {
  const { states, forget, file } = learning({ loop: false });
  await until(() => states().at(-1) === 'ended', 'it has learned');
  expect(await forget('other')).toEqual({ type: 'forgot', stream: 'other' });
  expect(existsSync(file)).toBe(true);
});

test('what a camera is used to is forgotten with the stream', async () => {
  const folder = tempFolder();
  const file = path.join(folder, 'detectors', 'gate.json');
  const clip = await writeClip(folder, { frames: 320 });
  const { states, forget } = watched({
    stream: 'gate',
    config: streamConfig.parse({
      source: { url: clip, pace: 'fast' },
      model: 'walker',
      escalate: { choose: [{ kind: 'novelty' }] },
    }),
    modelDir: writeWalkerPackage(folder),
    variant: 'auto',
    batch: 1,
    runtime: { threads: 1, provider: 'cpu' },
    once: false,
    stateFile: file,
  });
  await until(() => states().at(-1) === 'ended', 'it has learned', 60_000);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ seen: 300 });
  expect(await forget('gate')).toEqual({ type: 'forgot', stream: 'gate' });
  expect(existsSync(file)).toBe(false);
});
