import { randomFillSync } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { lockFolder } from '../../../agent/buffer/file/lock.ts';
import { openOutbox } from '../../../agent/buffer/outbox.ts';
import { type EraseOptions, erase } from '../../../agent/commands/erase.ts';
import { openOrders } from '../../../agent/erase/orders.ts';
import { openQueue } from '../../../agent/escalate/queue.ts';
import { encodePicture } from '../../../shared/contract/codec.ts';
import type { RecordBody } from '../../../shared/contract/messages/record.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import { filesWith } from '../../support/files-with.ts';
import { tempFolder } from '../../support/temp.ts';

const at = (wall: number) => ({ config: 'c', boot: 'b', mono: 1, wall, clock: 'synced' as const });
/** A region of a picture as it stands in the file: bytes that nothing else has. */
const region = (seed: number) => randomFillSync(Buffer.alloc(64), 0).fill(seed, 0, 4);

const open = (folder: string) =>
  openOutbox({ folder, stamp: () => at(1), clock: systemClock, log: createLogger('test', 'silent') });

/** The data folder of a stopped agent with records, pictures, samples and a detector's memory of two streams. */
async function stoppedBox() {
  const folder = tempFolder();
  const outbox = open(folder);
  const planted: Record<string, Buffer> = { door: region(1), yard: region(2) };
  const event = (stream: string, wall: number): RecordBody => ({
    ...{ kind: 'event', ...at(wall), stream, rule: 'gate', ruleKind: 'line', action: 'forward' },
    ...{ label: `planted-${stream}`, score: 0.5, frame: 1, ptsMs: 1 },
    snapshot: { mime: 'image/jpeg', width: 1, height: 1, data: planted[stream]?.toString('base64') ?? '' },
  });
  await outbox.append([event('door', 1000), event('yard', 1000), event('door', 5000)]);
  outbox.close();
  const queue = openQueue(path.join(folder, 'samples'), 1e6, 0);
  for (const [n, stream] of ['door', 'yard'].entries())
    queue.add(
      { id: `${n}`.repeat(32), stream, payload: encodePicture({ wall: 1000 }, planted[stream] ?? region(0)) },
      0,
    );
  mkdirSync(path.join(folder, 'detectors'));
  for (const stream of ['door', 'yard'])
    for (const end of ['', '.samples'])
      writeFileSync(path.join(folder, 'detectors', `${stream}.json${end}`), `learned-${stream}`);
  return { folder, planted };
}

async function run(options: Partial<EraseOptions>) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const code = await erase({
    picturesOnly: false,
    waitS: 0.3,
    environment: {},
    clock: systemClock,
    stdout,
    stderr,
    ...options,
  });
  return { code, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
}

test('text, region of a picture, samples and memory of a stream are in no file of a stopped box; others stay', async () => {
  const { folder, planted } = await stoppedBox();
  const { code, stdout } = await run({ stream: 'door', dataDir: folder });
  expect(stdout).toBe('erased of stream door: 2 records with their pictures, 1 samples, 1 memories of detectors\n');
  expect(code).toBe(0);
  for (const trace of ['planted-door', 'learned-door', planted.door?.toString('base64') ?? '', planted.door ?? ''])
    expect(filesWith(folder, trace)).toEqual([]);
  expect(filesWith(folder, 'planted-yard')).toEqual(['outbox.db']);
  expect(filesWith(folder, planted.yard ?? '').length).toBe(1);
  expect(filesWith(folder, 'learned-yard').length).toBe(2);
  // The numbers are accounted for, and the orders are gone.
  const outbox = open(folder);
  const held = outbox.lease(10, 1e6).map(({ json }) => JSON.parse(json));
  expect(held.filter(({ kind }) => kind === 'loss')).toMatchObject([
    { from: 1, to: 1, lost: 1, reason: 'erased' },
    { from: 3, to: 3, lost: 1, reason: 'erased' },
  ]);
  outbox.close();
  expect(readdirSync(path.join(folder, 'erase'))).toEqual([]);
});

test('only pictures before a time: the later picture and the records stay', async () => {
  const { folder, planted } = await stoppedBox();
  const before = new Date(4000).toISOString();
  const { stdout } = await run({ stream: 'door', before, picturesOnly: true, dataDir: folder });
  expect(stdout).toBe('erased of stream door: 1 pictures of records, which stay, 1 samples\n');
  const outbox = open(folder);
  const held = outbox.lease(10, 1e6).map(({ json }) => JSON.parse(json));
  expect(held.map(({ stream, wall, snapshot }) => [stream, wall, snapshot !== undefined])).toEqual([
    ['door', 1000, false],
    ['yard', 1000, true],
    ['door', 5000, true],
  ]);
  outbox.close();
  expect(filesWith(folder, planted.door ?? '')).toEqual([]);
  expect(filesWith(folder, 'learned-door').length).toBe(2);
});

test('while an agent runs it is given the order; one that does not answer is told of, and the order stays', async () => {
  const { folder } = await stoppedBox();
  const unlock = lockFolder(folder);
  const { code, stderr } = await run({ stream: 'door', dataDir: folder });
  unlock();
  expect(code).toBe(1);
  const [order = ''] = readdirSync(path.join(folder, 'erase'));
  expect(stderr).toContain(path.join(folder, 'erase', order));
  expect(stderr).toContain('has not erased it within 0.3 s');
});

test('an order from a time before 1970 is one that the agent can read', async () => {
  const { folder } = await stoppedBox();
  const unlock = lockFolder(folder);
  await run({ stream: 'door', from: '1900-01-01', dataDir: folder });
  unlock();
  expect(openOrders(folder).waiting()).toMatchObject([{ stream: 'door', from: 0 }]);
});

test('a clock that cannot be right does not say that a time has not come yet', async () => {
  const { folder } = await stoppedBox();
  const unset = { ...systemClock, wall: () => Date.UTC(1970, 0, 2) };
  const { code, stderr } = await run({ stream: 'door', before: '2026-01-01', dataDir: folder, clock: unset });
  expect(stderr).toBe('');
  expect(code).toBe(0);
});

test('wrong use is refused before anything is done', async () => {
  const { folder } = await stoppedBox();
  const wrong = async (options: Partial<EraseOptions>) => {
    const { code, stderr } = await run({ dataDir: folder, ...options });
    expect(code).toBe(2);
    return stderr;
  };
  expect(await wrong({ stream: 'Door!' })).toContain('--stream: "Door!" is no name of a stream');
  expect(await wrong({ stream: 'door', before: 'yesterday' })).toContain('--before: "yesterday" is no time');
  expect(await wrong({ stream: 'door', before: '2026-03-01T10:00:00' })).toContain('with a zone');
  expect(await wrong({ stream: 'door', from: '2026-03-02', before: '2026-03-01' })).toContain('later than --from');
  const tomorrow = new Date(systemClock.wall() + 86_400_000).toISOString();
  expect(await wrong({ stream: 'door', before: tomorrow })).toContain('--before: this time has not come yet');
  expect(await wrong({ stream: 'door', dataDir: path.join(folder, 'nowhere') })).toContain(
    'no data folder of an agent',
  );
  expect(existsSync(path.join(folder, 'erase'))).toBe(false);
});
