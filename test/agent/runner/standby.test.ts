/** What a stream on standby keeps to itself, and what it does once it is live: real clips, models and files. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Assignment, FromRunner } from '../../../agent/runner/messages.ts';
import { createRunner } from '../../../agent/runner/runner.ts';
import { streamConfig } from '../../../shared/contract/config/stream.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { writeClip, writeWalkerPackage } from '../../support/clip.ts';
import { builtThreads } from '../../support/decode-threads.ts';
import { until } from '../../support/until.ts';

let folder: string;
let clip: string;
let modelDir: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'vedette-'));
  clip = await writeClip(folder, { frames: 60, fps: 60 });
  modelDir = writeWalkerPackage(folder);
  return () => rmSync(folder, { recursive: true, force: true });
});

const gate = (source: object = {}, more: object = {}, stateFile?: string): Assignment => ({
  stream: 'gate',
  config: streamConfig.parse({ source: { url: clip, loop: true, ...source }, model: 'walker', summaryS: 1, ...more }),
  ...{ modelDir, variant: 'auto', batch: 1, runtime: { threads: 1, provider: 'cpu' }, once: false },
  ...(stateFile === undefined ? {} : { stateFile }),
});

function assigned(assignment: Assignment, standby: boolean) {
  const messages: FromRunner[] = [];
  const runner = createRunner((message) => messages.push(message), systemClock, builtThreads(1));
  onTestFinished(() => runner.stop());
  runner.handle({ type: 'assign', assignments: [assignment], standby });
  const count = (type: FromRunner['type']) => messages.filter((m) => m.type === type).length;
  const signs = () => messages.flatMap((m) => (m.type === 'sign' ? [m.answered] : []));
  const states = () => messages.flatMap((m) => (m.type === 'status' ? [m.status.state] : []));
  return { runner, messages, count, signs, states };
}

const novelty = { escalate: { choose: [{ kind: 'novelty' }] } };

test('on standby the file of what was learned is left to the one that writes it; live, it is written', async () => {
  const file = path.join(folder, 'detectors', 'gate.json');
  mkdirSync(path.dirname(file));
  // One answer before it is written again.
  const before = JSON.stringify({ version: 1, length: 65, seen: 299, mean: 0.1, typical: [] });
  writeFileSync(file, before);
  const { runner, count } = assigned(gate({}, novelty, file), true);
  await until(() => count('ready') > 0, 'it looks');
  // Nothing happens, for as many frames as a second has.
  await setTimeout(1000);
  expect(readFileSync(file, 'utf8')).toBe(before);
  runner.handle({ type: 'live', after: {} });
  const seen = () => JSON.parse(readFileSync(file, 'utf8')).seen;
  await until(() => seen() > 299, 'it is written', 60_000);
  expect(seen() % 300).toBe(0);
});

test('a stream that goes live while it waits for its source speaks as soon as that comes', async () => {
  const late = path.join(folder, 'late.mp4');
  const { runner, states, count, messages } = assigned(gate({ url: late }), true);
  await until(() => states().includes('waiting'), 'it is tried again');
  runner.handle({ type: 'live', after: {} });
  expect(new Set(messages.map(({ type }) => type))).not.toContain('record');
  copyFileSync(clip, late);
  await until(() => count('record') > 0 && count('sign') > 0, 'it speaks');
  expect(states().at(-1)).toBe('running');
  expect(count('ready')).toBe(1);
});

test('each stream gives signs of life: at its first answer; outside of its hours that it lives and answers nothing', async () => {
  const answers = assigned(gate(), false);
  await until(() => answers.signs().length > 0, 'it answers');
  expect(answers.signs()[0]).toBe(true);
  await answers.runner.stop();
  const halfAYearAway = ((new Date().getMonth() + 6) % 12) + 1;
  const rests = assigned(gate({}, { active: `* * * ${halfAYearAway} *` }), false);
  await until(() => rests.signs().length > 1, 'it lives');
  expect(new Set(rests.signs())).toEqual(new Set([false]));
});
