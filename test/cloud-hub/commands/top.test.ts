/** `vedette-hub top` against a real hub: as text, and on a terminal. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Writable } from 'node:stream';
import { Command } from 'commander';
import { expect, onTestFinished, test } from 'vitest';
import { addTopCommand } from '../../../cloud-hub/commands/top.ts';
import { type Fleet, fleetView } from '../../../cloud-hub/commands/top-view.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';
import { reportOf } from '../rollout/reports.ts';
import { type TestHub, testDevice, testHub } from '../support.ts';

const stream = (id: string, more: object) => ({
  id,
  state: 'running',
  source: 'rtsp://cam',
  fps: 4.75,
  rules: [],
  ...more,
});

/** Two devices, of which one has a stream that stalls and one is offline, and an error. */
async function fleet(): Promise<TestHub> {
  const hub = await testHub();
  const gate = await testDevice(hub, 'gate');
  const streams = [stream('yard', {}), stream('door', { state: 'stalled', fps: 0, error: 'no frames\u001b[2J' })];
  await gate.publish('report', { ...reportOf(undefined, undefined), streams });
  const stamp = { config: 'c', boot: 'b', mono: 1, wall: systemClock.wall(), clock: 'synced' };
  const record = {
    seq: 1,
    kind: 'error',
    ...stamp,
    stream: 'door',
    code: 'camera-gone',
    message: 'it is gone',
    count: 2,
  };
  await gate.publish('records', { epoch: 'e1', from: 1, to: 1, records: [record] });
  await gate.nextAck();
  const away = await testDevice(hub, 'away');
  await away.publish('report', { ...reportOf(undefined, undefined), streams: [stream('hall', {})] });
  await until(
    async () => (await hub.json<{ streams: unknown[] }>('/devices/away')).streams.length === 1,
    'it has reported',
  );
  await away.client.endAsync();
  await until(async () => !(await hub.json<{ online: boolean }>('/devices/away')).online, 'it is away');
  return hub;
}

/** Runs the command; `columns` makes a terminal of its output. */
function top(hub: TestHub, args: readonly string[], columns?: number) {
  let written = '';
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const stdout = new Writable({
    write(chunk, _encoding, done) {
      written += String(chunk);
      done();
    },
  });
  if (columns !== undefined) Object.assign(stdout, { isTTY: true, columns, rows: 6 });
  const program = new Command().exitOverride();
  addTopCommand(program, {
    clock: systemClock,
    stdout,
    stderr: stdout,
    cpus: 1,
    untilStopped: () => stop.signal,
    fail: () => undefined,
  });
  const access = ['--url', hub.url, '--token-file', hub.hub.adminToken.file];
  const over = program.parseAsync(['top', ...access, ...args], { from: 'user' });
  return { over, written: () => written, stop: () => stop.abort() };
}

test('once, as text: devices with what troubles them first, and the last problems', async () => {
  const run = top(await fleet(), ['--once']);
  await run.over;
  const [sums, , head, first, second, , title, problem] = run.written().split('\n');
  expect(sums).toBe(
    '1 of 2 devices online, 1 of 2 streams run, 4.8 frames per second, 1 problems in the last hour, 0 open rollouts',
  );
  expect(head?.split(/\s+/)).toEqual(['DEVICE', 'STATE', 'STREAMS', 'FPS', 'WAITING', 'SEEN', 'VERSION', 'TROUBLE']);
  expect(first).toMatch(/^away +offline +0\/1 +- +0 +\d+ s +1\.0\.0$/);
  // What a device says cannot clear the screen.
  expect(second).toMatch(/^gate +online +1\/2 +4\.8 +0 +\d+ s +1\.0\.0 +door stalled: no frames \[2J$/);
  expect([title, problem]).toEqual([
    'PROBLEMS',
    expect.stringMatching(/^ +\d+ s {2}gate\/door {2}camera-gone: it is gone \(2 times\)$/),
  ]);
});

test('on a terminal: a screen of its own, cut to its size, again and again, and given back at the end', async () => {
  const run = top(await fleet(), ['--interval', '1'], 40);
  await until(() => run.written().split('\u001b[H').length > 2, 'it was drawn twice');
  run.stop();
  await run.over;
  const text = run.written();
  expect(text.startsWith('\u001b[?1049h\u001b[?25l')).toBe(true);
  expect(text.endsWith('\u001b[?25h\u001b[?1049l')).toBe(true);
  const [, screen = ''] = text.split('\u001b[H');
  const lines = screen.replace('\u001b[J', '').replaceAll('\u001b[K', '').split('\r\n');
  expect(lines).toHaveLength(6);
  expect(lines.filter((line) => line.length > 40)).toEqual([]);
  expect(lines.at(-1)).toMatch(/^… \d more lines/);
});

test('plain text goes on without a terminal, through an outage of the hub', async () => {
  const hub = await fleet();
  const run = top(hub, ['--interval', '1']);
  await until(() => run.written().includes('PROBLEMS'), 'it was written');
  await hub.hub.stop();
  await until(() => run.written().includes('does not answer'), 'the outage is told');
  run.stop();
  await run.over;
  expect(run.written()).not.toContain('\u001b');
});

test('a hub that refuses ends it', async () => {
  const hub = await testHub();
  const file = path.join(tempFolder(), 'token');
  writeFileSync(file, 'wrong');
  const run = top({ ...hub, hub: { ...hub.hub, adminToken: { ...hub.hub.adminToken, file } } }, []);
  await expect(run.over).rejects.toThrow(/refused \(401\)/);
});

test('open rollouts and times of every length', () => {
  const now = Date.UTC(2026, 5, 10);
  const seen = (ms: number) => ({
    id: `d${ms}`,
    online: true,
    createdAt: '',
    streams: [],
    lastSeenAt: new Date(now - ms).toISOString(),
  });
  const rollout = {
    ...{ id: 'r1', status: 'running', package: 'm@2', wave: 1, reason: 'soaks' },
    plan: { waves: [{}, {}, {}], target: { kind: 'model' } },
    devices: { waiting: 1, working: 2, active: 3, failed: 4 },
  } as unknown as Fleet['rollouts'][number];
  const devices = [59_000, 3_599_000, 47 * 3600_000, 49 * 3600_000].map(seen) as Fleet['devices'];
  const lines = fleetView({ devices, rollouts: [rollout], problems: [], hasMoreProblems: true, now }, 200);
  expect(lines[0]).toContain('0 or more problems');
  expect(
    lines
      .slice(3, 7)
      .map((line) => / (\d+ \w+) {2}/.exec(line)?.[1])
      .toSorted(),
  ).toEqual(['2 d', '47 h', '59 min', '59 s']);
  expect(lines.at(-1)).toBe('r1  m@2  running, wave 2 of 3: 3 active, 3 at work, 4 failed  soaks');
});
