/** Streams and models that change while the supervisor runs: real runners, a real clip, small real models. */
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Assignment, FromRunner } from '../../../agent/runner/messages.ts';
import { createSupervisor } from '../../../agent/runner/supervisor.ts';
import { streamConfig } from '../../../shared/contract/config/stream.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { writeClip } from '../../support/clip.ts';
import { type BrightOptions, writeBrightPackage } from '../../support/onnx.ts';
import { built } from '../../support/program.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';

const FPS = 20;

async function bench(runners = 2) {
  const folder = tempFolder();
  const clip = await writeClip(folder, { frames: 200, fps: FPS });
  const messages: FromRunner[] = [];
  const died: string[] = [];
  const supervisor = createSupervisor({
    entry: built('agent/runner/child.js'),
    workDir: path.join(folder, 'runners'),
    runners,
    restart: true,
    clock: systemClock,
    onMessage: (message) => messages.push(message),
    onRunnerDied: ({ message }) => died.push(message),
  });
  onTestFinished(() => supervisor.stop());
  const model = (version: string, options: BrightOptions = {}) =>
    writeBrightPackage(path.join(folder, version), { size: 128, boxCells: 6, ...options }, { version, threshold: 0.7 });
  const assignment = (stream: string, modelDir: string, more: Record<string, unknown> = {}): Assignment => ({
    stream,
    config: streamConfig.parse({ source: { url: clip, loop: true }, model: 'walker', summaryS: 1, ...more }),
    modelDir,
    variant: 'auto',
    batch: 1,
    runtime: { threads: 1, provider: 'cpu' },
    once: false,
  });
  const summariesOf = (stream: string) =>
    messages.flatMap((m) =>
      m.type === 'record' && m.body.kind === 'summary' && m.body.stream === stream
        ? [{ ...m.body, version: m.model.version, at: m.at }]
        : [],
    );
  /** Summaries of `other` that came after the last one of `stream`. */
  const afterLast = (stream: string, other: string) => {
    const of = (m: FromRunner, name: string) =>
      m.type === 'record' && m.body.kind === 'summary' && m.body.stream === name;
    const last = messages.findLastIndex((m) => of(m, stream));
    return messages.slice(last + 1).filter((m) => of(m, other)).length;
  };
  const eventsOf = (stream: string) =>
    messages.flatMap((m) =>
      m.type === 'record' && m.body.kind === 'event' && m.body.stream === stream
        ? [{ ...m.body, version: m.model.version }]
        : [],
    );
  const seen = (stream: string, version: string) =>
    until(() => summariesOf(stream).some((s) => s.version === version), `${stream} is answered by ${version}`);
  return { supervisor, messages, died, model, assignment, summariesOf, afterLast, eventsOf, seen, folder };
}

/**
 * How many frames are neither answered nor counted as dropped between the first and the last of a stream's summaries; what a busy
 * machine drops is counted. Up to three come from the edges: one frame may be lost, one may lie on either; the clip's own rate varies by none.
 */
function missing(summaries: readonly { at: number; inferred: number; dropped: number }[]): number {
  const [first, ...others] = summaries;
  const last = others.at(-1);
  if (!first || !last) throw new Error('fewer than two summaries');
  const frames = others.reduce((sum, s) => sum + s.inferred + s.dropped, 0);
  return Math.abs(frames - ((last.at - first.at) / 1000) * FPS);
}

test('another model takes over without a gap: frames go on, none is told twice, and who stands in a zone does not enter again', async () => {
  const { supervisor, died, model, assignment, summariesOf, eventsOf, seen } = await bench();
  const everywhere = [
    {
      kind: 'zone',
      name: 'yard',
      points: [
        [0, 0],
        [1, 0],
        [1, 1],
        [0, 1],
      ],
    },
    { kind: 'threshold', name: 'crowd', atLeast: 1 },
  ];
  await supervisor.apply([assignment('street', model('1.0.0'), { rules: everywhere })]);
  await seen('street', '1.0.0');
  await until(() => eventsOf('street').some((e) => e.action === 'enter'), 'somebody enters');
  expect(await supervisor.apply([assignment('street', model('2.0.0'), { rules: everywhere })])).toEqual([]);
  await seen('street', '2.0.0');
  expect(supervisor.pids()).toHaveLength(1);
  expect(died).toEqual([]);
  const all = summariesOf('street');
  expect(missing(all)).toBeLessThanOrEqual(3);
  expect(all.every((s) => s.failed === 0)).toBe(true);
  // The walker of the clip is in the picture nearly all of the time; a cold start would see it enter and the crowd begin.
  const began = eventsOf('street').filter((e) => e.rule === 'crowd' && e.action === 'start');
  const enough = eventsOf('street').filter((e) => e.rule === 'crowd' && e.action === 'end').length + 1;
  expect(began.length).toBeLessThanOrEqual(enough);
});

test('a new model that cannot be loaded leaves the old one answering', async () => {
  const { supervisor, assignment, model, seen, summariesOf, folder } = await bench();
  await supervisor.apply([assignment('street', model('1.0.0'))]);
  await seen('street', '1.0.0');
  const [pid] = supervisor.pids();
  const failed = await supervisor.apply([assignment('street', path.join(folder, 'missing'))]);
  expect(failed).toEqual([
    { streams: ['street'], reason: expect.stringMatching(/stream "street" is refused: .*missing/) },
  ]);
  expect(supervisor.pids()).toEqual([pid]);
  const before = summariesOf('street').length;
  await until(() => summariesOf('street').length > before, 'it goes on');
});

test('streams come, change and go; the runner of the others is not touched, nor are their walks', async () => {
  const { supervisor, model, assignment, summariesOf, afterLast, seen } = await bench(2);
  const dir = model('1.0.0');
  const [a, b, c] = ['a', 'b', 'c'].map((stream) => assignment(stream, dir));
  if (!a || !b || !c) throw new Error('unreachable');
  await supervisor.apply([a, b]);
  await seen('a', '1.0.0');
  await seen('b', '1.0.0');
  const pids = supervisor.pids();
  await supervisor.apply([a, b, c]);
  await seen('c', '1.0.0');
  await supervisor.apply([a, { ...b, config: { ...b.config, summaryS: 2 } }, c]);
  await until(() => summariesOf('b').some((s) => s.intervalMs > 1900), 'b has its new configuration');
  await supervisor.apply([a, b]);
  // What it had read is still told; then the others go on, and it does not.
  await until(() => afterLast('c', 'a') > 3, 'c is over, and a goes on');
  expect(supervisor.pids()).toEqual(pids);
  // Its summaries follow each other without a gap.
  const ofA = summariesOf('a');
  for (const [i, s] of ofA.slice(1).entries()) expect(s.at - (ofA[i]?.at ?? 0) - s.intervalMs).toBeLessThan(150);
});
