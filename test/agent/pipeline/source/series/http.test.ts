import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { listenTo } from '../../../../support/asked-series.ts';
import { plantCertificates } from '../../../../support/plant-certificates.ts';
import { tempFolder } from '../../../../support/temp.ts';
import { until } from '../../../../support/until.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

async function serve(answer: Answer): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as { port: number }).port}/now`;
}

const gives =
  (body: () => string): Answer =>
  (_request, response) =>
    void response.setHeader('content-type', 'application/json').end(body());

test('the last values are asked for, at the rate that the configuration says and no faster', async () => {
  const asked: number[] = [];
  const url = await serve((_request, response) => {
    asked.push(performance.now());
    response.end(`{"machine":{"temperature":${20 + asked.length}}}`);
  });
  const { seen } = listenTo({ url, everyS: 0.2, values: { value: 'machine.temperature' } });
  await until(() => seen.samples.length >= 5, 'five samples');
  expect(seen.samples.map(({ values }) => values[0]).slice(0, 5)).toEqual([21, 22, 23, 24, 25]);
  const took = (asked[4] ?? 0) - (asked[0] ?? 0);
  // The grid may let one question be late and the next in time.
  expect(took).toBeGreaterThan(3 * 200);
  expect(seen.problems).toEqual([]);
});

test('rows with a time of their own: a row that is given again is no fault, and a list gives all that is new', async () => {
  let rows = [{ at: 1, v: 5 }];
  const url = await serve(gives(() => JSON.stringify({ rows })));
  const { seen } = listenTo({ url, everyS: 0.05, rows: 'rows', time: 'at', timeUnit: 's', values: { value: 'v' } });
  await until(() => seen.samples.length > 0, 'the first row');
  rows = [
    { at: 1, v: 5 },
    { at: 2, v: 6 },
    { at: 3, v: 7 },
  ];
  await until(() => seen.samples.length >= 3, 'the others');
  await until(() => seen.samples.length, 'some more questions');
  expect(seen.samples.map(({ atMs, values }) => [atMs, values[0]])).toEqual([
    [1000, 5],
    [2000, 6],
    [3000, 7],
  ]);
  expect(seen.problems).toEqual([]);
});

test('the clock of the server is set back: five rows tell it, and the series goes on', async () => {
  const times = [100, 101, 102, 102, 70, 71, 71, 72, 73, 74, 75, 76];
  const url = await serve(gives(() => JSON.stringify({ at: times.length > 1 ? times.shift() : times[0], v: 5 })));
  const { seen } = listenTo({ url, everyS: 0.05, time: 'at', timeUnit: 's', values: { value: 'v' } });
  await until(() => seen.samples.length >= 6, 'the rows after it');
  expect(seen.samples.map(({ atMs }) => atMs)).toEqual([100_000, 101_000, 102_000, 102_001, 103_001, 104_001]);
  await until(() => seen.problems.reduce((sum, { count }) => sum + count, 0) >= 1, 'the complaint');
  expect(seen.problems[0]).toMatchObject({ code: 'sensor-order', message: expect.stringMatching(/32000 ms older/) });
});

test('a server that gives more of its past than before tells nothing anew, and none of it is a clock that was set back', async () => {
  const row = (at: number) => ({ at, v: at });
  const answers = [[row(50)], [40, 41, 42, 43, 44, 45, 50].map(row), [42, 43, 44, 45, 46, 47, 51].map(row)];
  const url = await serve(gives(() => JSON.stringify(answers.length > 1 ? answers.shift() : answers[0])));
  const { seen } = listenTo({ url, everyS: 0.05, time: 'at', timeUnit: 's', values: { value: 'v' } });
  await until(() => seen.samples.length >= 2, 'the newest of the last answer');
  expect(seen.samples.map(({ values }) => values[0])).toEqual([50, 51]);
  expect(seen.problems).toEqual([]);
});

test('what is no row is reported with its cause, and the next good answer counts', async () => {
  const bodies = ['21', '<html>', '[{"v":1},{"v":2}]', '{"v":"warm"}', '{"other":1}', 'x'.repeat(300_000), '{"v":9}'];
  const url = await serve(gives(() => bodies.shift() ?? '{"v":9}'));
  const { seen } = listenTo({ url, everyS: 0.05, values: { value: 'v' } });
  await until(() => seen.samples.length > 0, 'the good answer');
  expect(seen.samples[0]?.values).toEqual([9]);
  await until(() => seen.problems.reduce((sum, { count }) => sum + count, 0) >= 4, 'all complaints');
  expect(seen.problems.every(({ code }) => code === 'sensor-row')).toBe(true);
  expect(seen.problems[0]?.message).toMatch(/is not JSON/);
  expect(seen.notes.join()).toMatch(/of the rows so far 1 had nothing at "v"/);
});

test.each([
  [401, {}, 'source-auth', /refuses this user or password/],
  [503, {}, 'source-open', /the server answers 503/],
  [301, { location: 'http://127.0.0.1:9/other' }, 'source-open', /names another address; give that one as `url`/],
])('an answer %d at the first question does not open the source', async (status, headers, code, message) => {
  const url = await serve((_request, response) => void response.writeHead(status, headers).end());
  const { seen } = listenTo({ url, values: { value: 'v' } });
  await until(() => seen.end, 'the end');
  expect(seen.end).toMatchObject({ code, message: expect.stringMatching(message) });
  expect(seen.opened).toBe(0);
});

test('one failure of many costs its own sample only', async () => {
  let asked = 0;
  const url = await serve((_request, response) => {
    if (++asked === 3) response.destroy();
    else response.end(`${asked}`);
  });
  const { seen } = listenTo({ url, everyS: 0.05, values: { value: '$' } });
  await until(() => seen.samples.length >= 4, 'samples after the failure');
  expect(seen.samples.slice(0, 4).map(({ values }) => values[0])).toEqual([1, 2, 4, 5]);
  expect(seen.samples.every(({ restart }, at) => restart === (at === 0))).toBe(true);
  expect(seen.problems).toMatchObject([{ code: 'source-stalled' }]);
});

test('a user and a password go by Basic authentication, and stand in no message', async () => {
  const folder = tempFolder();
  const passwordFile = path.join(folder, 'password');
  writeFileSync(passwordFile, 'open sesame\n');
  const url = await serve((request, response) => {
    const expected = `Basic ${Buffer.from('me:open sesame').toString('base64')}`;
    response.writeHead(request.headers.authorization === expected ? 200 : 401).end('{"v":1}');
  });
  const good = listenTo({ url, username: 'me', passwordFile, values: { value: 'v' } });
  await until(() => good.seen.samples.length > 0, 'a sample');
  const bad = listenTo({ url, username: 'you', passwordFile, values: { value: 'v' } });
  await until(() => bad.seen.end, 'the refusal');
  expect(JSON.stringify(bad.seen)).not.toContain('sesame');
});

test('a server of one’s own authority: trusted by `caFile`, refused without', async () => {
  const folder = tempFolder();
  const at = await plantCertificates(folder);
  const files = { cert: readFileSync(at('broker.pem')), key: readFileSync(at('broker.key')) };
  const server = createSecureServer(
    files,
    gives(() => '{"v":1}'),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `https://localhost:${(server.address() as { port: number }).port}/`;
  const without = listenTo({ url, values: { value: 'v' } });
  await until(() => without.seen.end, 'the refusal');
  expect(without.seen.end).toMatchObject({ message: expect.stringMatching(/self-signed|certificate/) });
  const trusted = listenTo({ url, caFile: at('ca.pem'), values: { value: 'v' } });
  await until(() => trusted.seen.samples.length > 0, 'a sample');
});
