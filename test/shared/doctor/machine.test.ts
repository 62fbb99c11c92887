/** Node, clock, disk and port: what is seen of this machine, and what it means. */
import { readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { lookAtDisk } from '../../../shared/doctor/probes/disk.ts';
import { lookAtPort } from '../../../shared/doctor/probes/port.ts';
import { judgeClock } from '../../../shared/doctor/verdicts/clock.ts';
import { judgeDisk } from '../../../shared/doctor/verdicts/disk.ts';
import { judgeNode } from '../../../shared/doctor/verdicts/node.ts';
import { judgePort } from '../../../shared/doctor/verdicts/port.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { tempFolder } from '../../support/temp.ts';

test('an old Node is broken, the least one and newer ones are not', () => {
  const levels = ['v18.20.0', 'v20.18.9', 'v20.19.0', 'v22.1.0'].map((version) => judgeNode(version).level);
  expect(levels).toEqual(['broken', 'broken', 'ok', 'ok']);
});

test('a clock that nobody disciplines is told, with what a good one is needed for', () => {
  expect(judgeClock('synced', 0, 'why')).toEqual({
    subject: 'clock',
    level: 'ok',
    text: '1970-01-01T00:00:00.000Z, synchronised',
  });
  for (const quality of ['unsynced', 'wrong'] as const)
    expect(judgeClock(quality, 0, 'why')).toMatchObject({ level: 'note', advice: expect.stringMatching(/; why$/) });
});

test('disk: a real one is measured and left as it was; a full, slow or unwritable one is told', () => {
  const folder = tempFolder();
  const facts = lookAtDisk(`${folder}/not/there/yet`, systemClock);
  expect(facts).toMatchObject({ folder, syncMs: { median: expect.any(Number) } });
  expect(facts.syncMs?.worst).toBeGreaterThanOrEqual(facts.syncMs?.median ?? Number.NaN);
  expect(readdirSync(folder)).toEqual([]);
  const needs = (mb: number) => ({ free: { mb, why: `the ${mb} MB of the plan` }, unwritable: 'another folder' });
  const quick = { ...facts, syncMs: { median: 1, worst: 2 } };
  expect(judgeDisk(quick, needs(8)).level).toBe('ok');
  expect(judgeDisk({ ...quick, freeMb: 100 }, needs(512))).toMatchObject({
    level: 'note',
    advice: 'less is free than the 512 MB of the plan',
  });
  expect(judgeDisk({ ...facts, syncMs: { median: 80, worst: 200 } }, needs(8)).advice).toContain('slow');
  expect(judgeDisk(lookAtDisk('/proc/vedette', systemClock), needs(8))).toMatchObject({
    subject: 'disk',
    level: 'broken',
    advice: 'another folder',
  });
});

test('a port: free, taken by somebody else, taken by the agent itself, an address that is not ours', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const taken = await lookAtPort('127.0.0.1', port);
  const use = { subject: 'port', host: '127.0.0.1', port, runs: undefined, choose: 'another one' };
  expect(judgePort(use, taken)).toMatchObject({ level: 'broken', advice: 'another one' });
  expect(judgePort({ ...use, runs: 'agent' }, taken)).toMatchObject({
    level: 'ok',
    text: expect.stringContaining('the agent runs'),
  });
  await new Promise((resolve) => server.close(resolve));
  expect(judgePort(use, await lookAtPort('127.0.0.1', port)).level).toBe('ok');
  expect(judgePort({ ...use, runs: 'agent' }, await lookAtPort('203.0.113.1', port)).level).toBe('broken');
});
