/** Requests of persons: what a box keeps of a stream goes while the agent runs, while it stands, and when it is killed in the middle. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { openOutbox } from '../../agent/buffer/outbox.ts';
import { openOrders } from '../../agent/erase/orders.ts';
import type { RecordBody } from '../../shared/contract/messages/record.ts';
import { systemClock } from '../../shared/kit/clock.ts';
import { createLogger } from '../../shared/kit/log.ts';
import { filesWith } from '../support/files-with.ts';
import { runProgram } from '../support/program.ts';
import { waveRows, writeCsv } from '../support/sensor.ts';
import { configureAgent, ledgerOf, startAgent, startHub } from '../support/stack.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';

const SECRET = 'PLANTED-TEXT-OF-A-PERSON';

/** A box without a hub that watches two series; both end. */
function writeConfig(folder: string): { configFile: string; data: string } {
  mkdirSync(path.join(folder, 'agent'));
  const stream = (file: string, channel: string) => ({
    kind: 'sensor',
    detector: 'online',
    source: {
      url: writeCsv(folder, file, waveRows(400), `timestamp,${channel}`),
      pace: 'fast',
      values: { [channel]: channel },
    },
  });
  const configFile = path.join(folder, 'agent', 'agent.yaml');
  const streams = { door: stream('door.csv', 'secretdoor'), yard: stream('yard.csv', 'openyard') };
  writeFileSync(configFile, JSON.stringify({ device: 'box', log: 'warn', api: false, streams }));
  return { configFile, data: path.join(folder, 'agent', 'data') };
}

const filesOf = (data: string, text: string) => filesWith(data, text).filter((file) => !file.endsWith('models.json'));

test('while the agent runs: the command is answered by it, and nothing of the stream is in a file', {
  timeout: 120_000,
}, async () => {
  const folder = tempFolder();
  const { configFile, data } = writeConfig(folder);
  const agent = startAgent(configFile);
  const memory = (stream: string) => existsSync(path.join(data, 'detectors', `${stream}.json`));
  await until(() => memory('door') && memory('yard'), 'both series are read, and learned');
  await until(() => filesOf(data, 'secretdoor').length > 0, 'records are kept');
  const { code, stdout, stderr } = await runProgram('agent/main.js', ['erase', '--stream', 'door', '--data-dir', data]);
  expect(stderr).toBe('');
  expect(stdout).toMatch(
    /^erased of stream door: \d+ records with their pictures, 0 samples, 1 memories of detectors\n$/,
  );
  expect(code).toBe(0);
  expect(memory('door')).toBe(false);
  expect(filesOf(data, 'secretdoor')).toEqual([]);
  expect(filesOf(data, 'openyard').length).toBeGreaterThan(0);
  expect(memory('yard')).toBe(true);
  agent.process.kill('SIGTERM');
  expect((await agent.ended).code).toBe(0);
  // Nothing held it in memory and wrote it at the end.
  expect(filesOf(data, 'secretdoor')).toEqual([]);
  expect(memory('door')).toBe(false);
});

test('kill -9 in the middle: the next start carries the order out to its end', { timeout: 180_000 }, async () => {
  const folder = tempFolder();
  const { configFile, data } = writeConfig(folder);
  const stamp = () => ({ config: 'c', boot: 'b', mono: 1, wall: 1_790_000_000_000, clock: 'synced' as const });
  const event = (frame: number): RecordBody => ({
    ...{
      kind: 'event',
      ...stamp(),
      stream: frame % 2 ? 'gone' : 'kept',
      rule: 'r',
      ruleKind: 'line',
      action: 'forward',
    },
    ...{ label: frame % 2 ? SECRET : 'KEPT-TEXT', score: 0.5, frame, ptsMs: frame },
  });
  const backlog = 120_000;
  const outbox = openOutbox({ folder: data, stamp, clock: systemClock, log: createLogger('test', 'silent') });
  for (let from = 0; from < backlog; from += 4000)
    await outbox.append(Array.from({ length: 4000 }, (_, i) => event(from + i)));
  outbox.close();
  const agent = startAgent(configFile);
  await until(() => existsSync(path.join(data, 'models.json')), 'the agent runs');
  const orders = openOrders(data);
  const id = 'a'.repeat(32);
  orders.add({ id, stream: 'gone', pictures: false, by: 'command' });
  const hasBegun = () => filesWith(data, '"reason":"erased"').length > 0;
  while (!hasBegun()) await systemClock.sleep(0);
  agent.process.kill('SIGKILL');
  await agent.ended;
  expect(orders.waiting().map((order) => order.id)).toEqual([id]);
  expect(filesWith(data, SECRET)).not.toEqual([]);
  const next = startAgent(configFile);
  const answer = await until(() => orders.answerTo(id), 'it is carried out to its end', 60_000);
  next.process.kill('SIGTERM');
  expect((await next.ended).code).toBe(0);
  expect(answer.erased?.records).toBeGreaterThan(0);
  expect(answer.erased?.records).toBeLessThan(backlog / 2);
  expect(filesWith(data, SECRET)).toEqual([]);
  // All that is gone is accounted for.
  const after = openOutbox({ folder: data, stamp, clock: systemClock, log: createLogger('test', 'silent') });
  let [lost, kept] = [0, 0];
  for (let last = 0; ; ) {
    const leased = after.lease(1000, 1e6, last);
    if (leased.length === 0) break;
    for (const { json } of leased) {
      const record: { kind?: string; reason?: string; lost?: number; stream?: string } = JSON.parse(json);
      if (record.kind === 'loss' && record.reason === 'erased') lost += record.lost ?? 0;
      if (record.stream === 'kept') kept++;
    }
    last = leased.at(-1)?.seq ?? last;
  }
  after.close();
  expect([lost, kept]).toEqual([backlog / 2, backlog / 2]);
});

test('a stopped box: the same command does it itself', async () => {
  const folder = tempFolder();
  const { configFile, data } = writeConfig(folder);
  const agent = startAgent(configFile);
  await until(() => existsSync(path.join(data, 'detectors', 'door.json')), 'the series is read');
  agent.process.kill('SIGKILL');
  await agent.ended;
  const { code, stderr } = await runProgram('agent/main.js', ['erase', '--all-streams', '-c', configFile]);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  for (const text of ['secretdoor', 'openyard']) expect(filesOf(data, text)).toEqual([]);
  expect(readFileSync(configFile, 'utf8')).toContain('door');
});

test('an order of the hub waits for a box that is offline, and then goes through it and the hub', {
  timeout: 180_000,
}, async () => {
  const folder = tempFolder();
  const hub = await startHub(folder);
  const stream = (file: string, channel: string) => ({
    kind: 'sensor',
    detector: 'online',
    source: {
      url: writeCsv(folder, file, waveRows(400), `timestamp,${channel}`),
      pace: 'fast',
      values: { [channel]: channel },
    },
  });
  const streams = { door: stream('door.csv', 'secretdoor'), yard: stream('yard.csv', 'openyard') };
  const configFile = await configureAgent(folder, hub, { streams });
  const data = path.join(folder, 'agent', 'data');
  const stored = (text: string) => filesWith(path.join(folder, 'hub'), text).length > 0;
  const first = startAgent(configFile);
  await until(() => stored('secretdoor') && stored('openyard'), 'the hub has readings of both');
  await until(() => existsSync(path.join(data, 'detectors', 'door.json')), 'the detector has learned');
  first.process.kill('SIGTERM');
  await first.ended;
  const access = ['--token-file', path.join(folder, 'hub', 'admin.token')];
  const made = await runProgram('cloud-hub/main.js', ['erase', 'order', 'box', '--stream', 'door', ...access]);
  expect(made.stderr).toBe('');
  const misspelt = await runProgram('cloud-hub/main.js', ['erase', 'order', 'boks', '--all-streams', ...access]);
  expect(misspelt.stderr).toContain('there is no device "boks": only what the hub still has of one of this name');
  const id = made.stdout.trim();
  await until(() => !stored('secretdoor'), 'the hub has erased its own');
  const shown = async () => {
    const { stdout } = await runProgram('cloud-hub/main.js', ['erase', 'show', id, ...access]);
    return z
      .looseObject({ state: z.string(), onDevice: z.looseObject({ state: z.string() }) })
      .parse(JSON.parse(stdout));
  };
  expect(await shown()).toMatchObject({ state: 'waiting', onDevice: { state: 'waiting' } });
  // The stream is gone from the configuration: nothing new comes of it.
  const { door: _, ...others } = streams;
  writeFileSync(configFile, JSON.stringify({ ...JSON.parse(readFileSync(configFile, 'utf8')), streams: others }));
  const second = startAgent(configFile);
  await until(async () => (await shown()).state === 'settling', 'the box has answered', 60_000);
  expect(await shown()).toMatchObject({ onDevice: { state: 'done', erased: { memories: 1 } } });
  expect(filesOf(data, 'secretdoor')).toEqual([]);
  expect(stored('secretdoor')).toBe(false);
  expect(stored('openyard')).toBe(true);
  second.process.kill('SIGTERM');
  expect((await second.ended).code).toBe(0);
  // No number is missing without a word.
  const [ledger] = await ledgerOf(hub);
  expect(ledger?.gaps.every(({ reason }) => reason === 'erased') ?? true).toBe(true);
});
