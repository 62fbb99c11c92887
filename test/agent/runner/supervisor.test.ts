import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Assignment, FromRunner } from '../../../agent/runner/messages.ts';
import { createSupervisor, type SupervisorOptions } from '../../../agent/runner/supervisor.ts';
import { streamConfig } from '../../../shared/contract/config/stream.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { writeClip, writeWalkerPackage } from '../../support/clip.ts';
import { built } from '../../support/program.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';

async function supervise(options: Partial<SupervisorOptions>) {
  const folder = tempFolder();
  const clip = await writeClip(folder, { frames: 30, fps: 30 });
  const messages: FromRunner[] = [];
  const recycled: string[] = [];
  const died: string[] = [];
  const assignments: Assignment[] = [
    {
      stream: 'street',
      config: streamConfig.parse({ source: { url: clip, loop: true }, model: 'walker', summaryS: 1 }),
      modelDir: writeWalkerPackage(folder),
      variant: 'auto',
      batch: 1,
      runtime: { threads: 1, provider: 'cpu' },
      once: false,
    },
  ];
  const supervisor = createSupervisor({
    entry: built('agent/runner/child.js'),
    workDir: path.join(folder, 'runners'),
    runners: 1,
    restart: true,
    clock: systemClock,
    onMessage: (message) => messages.push(message),
    onRecycled: ({ message }) => recycled.push(message),
    onRunnerDied: ({ message }) => died.push(message),
    ...options,
  });
  onTestFinished(() => supervisor.stop());
  const summaries = () => messages.filter((m) => m.type === 'record' && m.body.kind === 'summary').length;
  return { start: () => void supervisor.apply(assignments), supervisor, recycled, died, summaries };
}

test('a runner over its memory budget is ended in order and started afresh, and its summary is not lost', async () => {
  const { start, supervisor, recycled, died, summaries } = await supervise({ memoryMb: 40 });
  start();
  const [first] = await until(() => (supervisor.pids().length > 0 ? supervisor.pids() : undefined), 'a runner lives');
  await until(() => recycled.length > 0, 'it is over its budget');
  await until(() => supervisor.pids().some((pid) => pid !== first), 'another runner lives');
  expect(recycled[0]).toMatch(/runner 0 uses \d+ MB of memory, more than the 40 MB allowed; it is restarted/);
  expect(summaries()).toBeGreaterThan(0);
  expect(died).toEqual([]);
});

test('a process that was started before its streams were known takes them up', async () => {
  const { start, supervisor, died, summaries } = await supervise({});
  supervisor.warm(1);
  supervisor.warm(1);
  const [warm] = supervisor.pids();
  expect(supervisor.pids()).toHaveLength(1);
  start();
  await until(() => summaries() > 0, 'it works');
  expect(supervisor.pids()).toEqual([warm]);
  expect(died).toEqual([]);
});

test('one that dies before it has streams is started for them, and told of when it dies then', async () => {
  const broken = path.join(tempFolder(), 'broken.mjs');
  writeFileSync(broken, 'process.exit(3);');
  const { start, supervisor, died } = await supervise({ restart: false, entry: broken });
  supervisor.warm(1);
  await until(() => supervisor.pids().length === 0, 'it is dead');
  expect(died).toEqual([]);
  start();
  await until(() => died.length > 0, 'its death is told');
  expect(died).toEqual(['runner 0 ended with code 3']);
});

test('a runner that is killed is told of, started again, and its stream goes on', async () => {
  const { start, supervisor, died, summaries } = await supervise({});
  start();
  await until(() => summaries() > 0, 'it works');
  const [first] = supervisor.pids();
  process.kill(first ?? 0, 'SIGKILL');
  await until(() => died.length > 0, 'its death is told');
  expect(died[0]).toMatch(/runner 0 ended by SIGKILL; starting again in \d+ ms/);
  const before = summaries();
  await until(() => summaries() > before, 'it works again');
  expect(supervisor.pids()).not.toContain(first);
});
