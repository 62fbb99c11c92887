import { expect, test } from 'vitest';
import { lookAtDisk, lookAtMemory, lookAtPort } from '../../../agent/doctor/machine.ts';
import {
  judgeClock,
  judgeDisk,
  judgeFrames,
  judgeMemory,
  judgeNode,
  judgePort,
  judgeRuntime,
  judgeTimezone,
} from '../../../agent/doctor/machine-verdicts.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { tempFolder } from '../../support/temp.ts';

test('the time zone in force is named; one that nobody knows is noted', () => {
  expect(judgeTimezone('Asia/Tokyo', 'Asia/Tokyo')).toMatchObject({
    level: 'ok',
    text: expect.stringMatching(/^Asia\/Tokyo;/),
  });
  for (const asked of [undefined, '', 'UTC', ':UTC', 'Etc/UTC', 'GMT0', 'Zulu'])
    expect(judgeTimezone('UTC', asked).level, asked).toBe('ok');
  expect(judgeTimezone('UTC', 'Asia/Tokio')).toMatchObject({
    level: 'note',
    text: expect.stringContaining('TZ=Asia/Tokio'),
  });
});

test('an old Node is broken, the least one and newer ones are not', () => {
  const levels = ['v18.20.0', 'v20.18.9', 'v20.19.0', 'v22.1.0'].map((version) => judgeNode(version).level);
  expect(levels).toEqual(['broken', 'broken', 'ok', 'ok']);
});

test('memory: enough for the runners, or fewer of them', () => {
  expect(judgeMemory({ totalMb: 4096, availableMb: 2048 }, 2).level).toBe('ok');
  expect(judgeMemory({ totalMb: 512, availableMb: 300 }, 2)).toMatchObject({
    level: 'note',
    advice: expect.stringContaining('runners.count'),
  });
  const real = lookAtMemory();
  expect(real.availableMb).toBeGreaterThan(0);
  expect(real.availableMb).toBeLessThanOrEqual(real.totalMb);
});

test('disk: a real one is measured and left as it was; a full, slow or unwritable one is told', async () => {
  const folder = tempFolder();
  const facts = lookAtDisk(`${folder}/not/there/yet`, systemClock);
  expect(facts).toMatchObject({ folder, syncMs: { median: expect.any(Number) } });
  expect(facts.syncMs?.worst).toBeGreaterThanOrEqual(facts.syncMs?.median ?? Number.NaN);
  expect((await import('node:fs')).readdirSync(folder)).toEqual([]);
  expect(judgeDisk(facts, 8).level).toBe('ok');
  expect(judgeDisk({ ...facts, freeMb: 100 }, 512).advice).toContain('buffer.quotaMb: 512');
  expect(judgeDisk({ ...facts, syncMs: { median: 80, worst: 200 } }, 8).advice).toContain('slow');
  expect(judgeDisk(lookAtDisk('/proc/vedette', systemClock), 8)).toMatchObject({ subject: 'disk', level: 'broken' });
});

test('a port: free, taken by somebody else, taken by the agent itself, an address that is not ours', async () => {
  const { createServer } = await import('node:net');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const taken = await lookAtPort('127.0.0.1', port);
  expect(judgePort('127.0.0.1', port, taken, false)).toMatchObject({
    level: 'broken',
    advice: expect.stringContaining('api: { port: N }'),
  });
  expect(judgePort('127.0.0.1', port, taken, true).level).toBe('ok');
  await new Promise((resolve) => server.close(resolve));
  expect(judgePort('127.0.0.1', port, await lookAtPort('127.0.0.1', port), false).level).toBe('ok');
  expect(judgePort('203.0.113.1', port, await lookAtPort('203.0.113.1', port), true).level).toBe('broken');
});

test('clock, FFmpeg and ONNX Runtime', () => {
  expect(judgeClock('synced', 0)).toMatchObject({ level: 'ok', text: '1970-01-01T00:00:00.000Z, synchronised' });
  expect([judgeClock('unsynced', 0).level, judgeClock('wrong', 0).level]).toEqual(['note', 'note']);
  expect(judgeFrames({ ffmpeg: '8', decoders: ['h264'], hardware: ['vaapi'] }).text).toContain('by vaapi');
  expect(judgeFrames(new Error('no such file')).level).toBe('broken');
  const providers = [
    { name: 'cpu', bundled: true },
    { name: 'cuda', bundled: false },
  ];
  expect(judgeRuntime({ version: '1', providers }).text).toBe('1; cpu, cuda (if its libraries are there)');
  expect(judgeRuntime(new Error('musl')).level).toBe('broken');
});
