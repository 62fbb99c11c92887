/** The child side in this process: real models, real clips, real decode threads. */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Assignment, FromRunner, ToRunner } from '../../../agent/runner/messages.ts';
import { createRunner } from '../../../agent/runner/runner.ts';
import { streamConfig } from '../../../shared/contract/config/stream.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { writeClip } from '../../support/clip.ts';
import { builtThreads } from '../../support/decode-threads.ts';
import { type BrightOptions, writeBrightPackage } from '../../support/onnx.ts';
import { until } from '../../support/until.ts';

let folder: string;
let clip: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'vedette-'));
  clip = await writeClip(folder, { frames: 60, fps: 30 });
  return () => rmSync(folder, { recursive: true, force: true });
});

const model = (version: string, options: BrightOptions = {}) =>
  writeBrightPackage(
    path.join(folder, `m-${version}`),
    { size: 128, boxCells: 6, ...options },
    { version, threshold: 0.7 },
  );
const of = (stream: string, modelDir: string, source: object = {}, more: object = {}, once = false): Assignment => ({
  stream,
  config: streamConfig.parse({ source: { url: clip, loop: !once, ...source }, model: 'walker', summaryS: 1, ...more }),
  modelDir,
  variant: 'auto',
  batch: 1,
  runtime: { threads: 1, provider: 'cpu' },
  once,
});

function bench() {
  const messages: FromRunner[] = [];
  const runner = createRunner((message) => messages.push(message), systemClock, builtThreads(2));
  onTestFinished(() => runner.stop());
  const send = (message: ToRunner) => runner.handle(message);
  const assign = (assignments: readonly Assignment[], standby = false) =>
    send({ type: 'assign', assignments, standby });
  const all = <T extends FromRunner['type']>(type: T, stream?: string) =>
    messages.filter(
      (m): m is Extract<FromRunner, { type: T }> =>
        m.type === type && (stream === undefined || ('stream' in m && m.stream === stream)),
    );
  const states = (stream: string) => all('status', stream).map((m) => m.status.state);
  const summaries = (stream: string) =>
    all('record').filter((m) => m.body.kind === 'summary' && m.body.stream === stream);
  return { runner, messages, send, assign, all, states, summaries };
}

test('streams run, each told of as it begins and runs, with summaries; one that stays is not touched, a changed one begins anew, one that goes ends', async () => {
  const { assign, states, summaries, all } = bench();
  const dir = model('1.0.0');
  const [a, b] = [of('a', dir), of('b', dir)];
  assign([a, b]);
  await until(() => summaries('a').length > 0 && summaries('b').length > 0, 'both run');
  expect(states('a')).toEqual(['starting', 'running']);
  expect(all('status', 'a')[1]?.status).toMatchObject({
    state: 'running',
    width: 320,
    height: 240,
    decoder: expect.stringMatching(/./),
    model: { name: 'bright', version: '1.0.0' },
  });
  expect(summaries('a')[0]).toMatchObject({ model: { version: '1.0.0' }, at: expect.any(Number) });
  assign([a, of('b', dir, {}, { summaryS: 2 })]);
  await until(() => states('b').length === 4, 'it begins anew');
  expect(states('b')).toEqual(['starting', 'running', 'starting', 'running']);
  expect(states('a')).toEqual(['starting', 'running']);
  assign([a]);
  const later = (more: number) => {
    const from = summaries('a').length;
    return until(() => summaries('a').length > from + more, 'the other goes on');
  };
  await later(1);
  const last = summaries('b').length;
  await later(2);
  expect(summaries('b')).toHaveLength(last);
  expect(states('b')).toHaveLength(4);
  // It comes back under the same name.
  assign([a, b]);
  await until(() => states('b').length === 6, 'it runs again');
  expect(all('problem')).toEqual([]);
});

test('a model that cannot be loaded refuses its streams with the reason, the others run, and another model is tried', async () => {
  const { assign, states, all, summaries } = bench();
  const dir = model('1.0.0');
  assign([of('good', dir), of('bad', path.join(folder, 'missing'))]);
  await until(() => summaries('good').length > 0 && all('done').length > 0, 'the others run');
  expect(states('bad')).toEqual(['refused']);
  expect(all('problem')).toMatchObject([
    { stream: 'bad', code: 'model-invalid', count: 1, message: expect.stringMatching(/missing/) },
  ]);
  expect(all('status', 'bad')[0]?.status.error).toMatch(/missing/);
  expect(all('done')).toMatchObject([{ stream: 'bad', failure: { code: 'model-invalid' }, rssMb: expect.any(Number) }]);
  assign([of('good', dir), of('bad', dir)]);
  await until(() => states('bad').includes('running'), 'it runs now');
  expect(states('good')).toEqual(['starting', 'running']);
});

test('a stream that is taken away while its model loads never starts', async () => {
  const { assign, states, all } = bench();
  const dir = model('1.0.0');
  assign([of('gone', dir)]);
  assign([]);
  assign([of('next', dir)]);
  await until(() => states('next').includes('running'), 'the next one runs');
  expect(states('gone')).toEqual([]);
  expect(all('done')).toEqual([]);
});

test('a stream that does not suit its model is refused', async () => {
  const { assign, states, all } = bench();
  const csv = path.join(folder, 'x.csv');
  writeFileSync(csv, 'timestamp,value\n');
  const sensor = {
    ...of('s', model('1.0.0')),
    config: streamConfig.parse({ kind: 'sensor', source: { url: csv }, model: 'walker' }),
  };
  assign([sensor]);
  await until(() => all('done').length > 0, 'it is refused');
  expect(states('s').at(-1)).toBe('refused');
  expect(all('problem')[0]?.code).toBe('config-invalid');
});

test('on standby a stream only looks; live, it speaks of frames that began after the moment it was given', async () => {
  const { assign, send, all, messages, summaries } = bench();
  assign([of('a', model('1.0.0'))], true);
  await until(() => all('ready').length > 0, 'it looks');
  expect(new Set(messages.map((m) => m.type))).toEqual(new Set(['status', 'ready']));
  const after = systemClock.mono() + 500;
  send({ type: 'live', after: { a: after } });
  await until(() => summaries('a').length > 1, 'it speaks');
  expect(all('ready')).toHaveLength(1);
  const [first] = summaries('a');
  expect(first?.at).toBeGreaterThan(after);
});

test('a source that only one process can have is opened when live, and not before', async () => {
  const { assign, send, all, states, summaries } = bench();
  assign([of('a', model('1.0.0'), { pace: 'fast' })], true);
  await until(() => all('ready').length > 0, 'it waits');
  expect(states('a')).toEqual(['starting']);
  send({ type: 'live', after: {} });
  await until(() => summaries('a').length > 0, 'it runs');
  expect(states('a')).toEqual(['starting', 'running']);
});

test('a source that fails is waited for and tried again; on standby that is as ready as it gets', async () => {
  const { assign, all, states } = bench();
  const late = path.join(folder, 'late.mp4');
  assign([of('a', model('1.0.0'), { url: late })], true);
  await until(() => all('ready').length > 0, 'it is tried again');
  expect(states('a')).toEqual(['starting', 'waiting']);
  copyFileSync(clip, late);
  await until(() => states('a').includes('running'), 'it runs');
  expect(all('status', 'a')[1]?.status.error).toMatch(/; next try in \d+ s$/);
  expect(all('ready')).toHaveLength(1);
});

test('once: each frame’s result, then done; a failing source is not tried again', async () => {
  const { assign, all, states } = bench();
  const dir = model('1.0.0');
  assign([
    of('a', dir, { pace: 'fast' }, {}, true),
    of('b', dir, { url: path.join(folder, 'none.mp4'), pace: 'fast' }, {}, true),
  ]);
  await until(() => all('done').length === 2, 'both are done');
  expect(all('result', 'a').map((m) => m.result.frame)).toEqual(Array.from({ length: 60 }, (_, i) => i));
  expect(all('latest')).toEqual([]);
  expect(states('a')).toEqual(['starting', 'running', 'ended']);
  expect(all('done').find((m) => m.stream === 'a')).not.toHaveProperty('failure');
  expect(all('done').find((m) => m.stream === 'b')?.failure?.message).toMatch(/none\.mp4/);
  expect(states('b').at(-1)).toBe('ended');
  expect(all('problem', 'b')).toHaveLength(1);
});

test('who looks at a stream gets light results and pictures of it, and of no other', async () => {
  const { assign, send, all } = bench();
  const dir = model('1.0.0');
  assign([of('a', dir), of('b', dir)]);
  await until(() => all('status').filter((m) => m.status.state === 'running').length === 2, 'both run');
  const end = systemClock.mono() + 60_000;
  send({ type: 'follow', stream: 'a', until: end });
  send({ type: 'watch', stream: 'a', until: end, fps: 5, width: 160 });
  send({ type: 'follow', stream: 'nobody', until: end });
  send({ type: 'watch', stream: 'nobody', until: end, fps: 5, width: 160 });
  await until(() => all('latest').length > 2 && all('preview').length > 0, 'it is shown');
  expect(new Set(all('latest').map((m) => m.stream))).toEqual(new Set(['a']));
  expect(all('latest')[0]?.result.outcome.task).toBe('detect');
  expect(all('preview')[0]).toMatchObject({ header: { stream: 'a' }, jpeg: expect.any(Uint8Array) });
  expect(all('result')).toEqual([]);
});

test('to stop: what is left to say, then when the last frame of each stream began, where there was one', async () => {
  const { assign, runner, all, messages, summaries } = bench();
  assign([of('a', model('1.0.0')), of('bad', path.join(folder, 'missing'))]);
  await until(() => summaries('a').length > 0 && all('done').length > 0, 'it runs');
  const asked = systemClock.mono();
  await runner.stop();
  const drained = all('drained');
  expect(drained.map((m) => m.stream).toSorted()).toEqual(['a', 'bad']);
  const lastAt = drained.find((m) => m.stream === 'a')?.lastAt ?? 0;
  expect(lastAt).toBeGreaterThan(asked - 1000);
  expect(drained.find((m) => m.stream === 'bad')).not.toHaveProperty('lastAt');
  expect(messages.findLastIndex((m) => m.type === 'record')).toBeLessThan(
    messages.findLastIndex((m) => m.type === 'drained'),
  );
});

test('a sensor with an online detector needs no model; what it has learned outlives the runner', async () => {
  const csv = path.join(folder, 'pump.csv');
  const stateFile = path.join(folder, 'detectors', 'pump.json');
  const write = (from: number, to: number) => {
    const rows = Array.from({ length: to - from }, (_, i) => {
      const at = from + i;
      return `${new Date(Date.UTC(2026, 0, 5, 0, at)).toISOString()},${at === 900 ? 500 : 20 + Math.sin(at * at)}`;
    });
    writeFileSync(csv, ['timestamp,value', ...rows].join('\n'));
  };
  const pump: Assignment = {
    ...of('pump', ''),
    config: streamConfig.parse({
      kind: 'sensor',
      source: { url: csv, pace: 'fast' },
      detector: 'online',
      rules: [{ name: 'unusual', kind: 'anomaly' }],
    }),
    stateFile,
  };
  write(0, 890);
  const first = bench();
  first.assign([pump]);
  await until(() => first.states('pump').at(-1) === 'ended', 'it has learned');
  await first.runner.stop();
  write(890, 1000);
  const second = bench();
  second.assign([pump]);
  await until(() => second.states('pump').at(-1) === 'ended', 'it has read the rest');
  const events = second.all('record').filter(({ body }) => body.kind === 'event');
  expect(events.map(({ model: by, body }) => [by.name, body])).toMatchObject([
    ['online', { stream: 'pump', rule: 'unusual', action: 'start' }],
    ['online', { stream: 'pump', rule: 'unusual', action: 'end' }],
  ]);
  expect(first.all('record').filter(({ body }) => body.kind === 'event')).toEqual([]);
});
