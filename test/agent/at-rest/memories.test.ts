import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { resealMemories } from '../../../agent/at-rest/memories.ts';
import { analyseOnline, MEMORY, onlineDetector } from '../../../agent/pipeline/sensor/online.ts';
import { createSealer, noSealer, type Sealer } from '../../../shared/kit/seal.ts';
import { filesWith } from '../../support/files-with.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder } from '../../support/temp.ts';

const [first, second, third] = [randomBytes(32), randomBytes(32), randomBytes(32)];
const of = (key: Buffer, old: Buffer[] = []) => createSealer(key, old).for(MEMORY);
/** A reading that nothing else writes by chance. */
const PLANTED = 31337.0625;

/** Runs a detector on samples; `isKilled`: it does not end, so that the journal stays. */
async function learn(folder: string, sealer: Sealer, from: number, isKilled: boolean): Promise<string[]> {
  const notes: string[] = [];
  const detector = onlineDetector(path.join(folder, 'pump.json'), sealer);
  const analyser = analyseOnline(detector, ['temperature'], new ManualClock(), (note) => notes.push(note));
  for (let n = from; n < from + 50; n++)
    await analyser.run({ atMs: n * 1000, last: [PLANTED] } as unknown as Parameters<typeof analyser.run>[0]);
  if (!isKilled) analyser.close();
  return notes;
}

test('no reading of a detector is in its files, not in its state and not in the samples beside it', async () => {
  const folder = path.join(tempFolder(), 'detectors');
  await learn(folder, noSealer, 1, true);
  expect(filesWith(folder, String(PLANTED))).toEqual(['pump.json.samples']);
  writeFileSync(path.join(folder, 'pump.json.new'), `draft ${PLANTED}`);
  expect(resealMemories(folder, of(first))).toEqual([]);
  expect(filesWith(folder, String(PLANTED))).toEqual([]);
  expect(readdirSync(folder)).toEqual(['pump.json.samples']);
  expect(await learn(folder, of(first), 100, true)).toEqual([]);
  expect(await learn(folder, of(first), 200, false)).toEqual([]);
  expect(readdirSync(folder).toSorted()).toEqual(['pump.json', 'pump.json.samples']);
  expect(filesWith(folder, String(PLANTED))).toEqual([]);
});

test('a new key takes the memory over; a lost key costs the memory, and is told', async () => {
  const folder = path.join(tempFolder(), 'detectors');
  await learn(folder, of(first), 1, false);
  await learn(folder, of(first), 100, true);
  expect(resealMemories(folder, of(second, [first]))).toEqual([]);
  expect(await learn(folder, of(second), 200, true)).toEqual([]);
  expect(resealMemories(folder, of(third)).map(({ stream }) => stream)).toEqual(['pump', 'pump']);
  expect(await learn(folder, of(third), 300, false)).toEqual([]);
});

test('what people have said, and a folder that is not there, are left as they are', () => {
  const folder = path.join(tempFolder(), 'detectors');
  expect(resealMemories(folder, of(first))).toEqual([]);
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'pump.normal.json'), '{"format":1,"said":[]}');
  expect(resealMemories(folder, of(first))).toEqual([]);
  expect(filesWith(folder, 'said')).toEqual(['pump.normal.json']);
});

test('a file that cannot be written now, and a folder that somebody put there, cost no other file and no start', async () => {
  const folder = path.join(tempFolder(), 'detectors');
  await learn(folder, of(first), 1, false);
  await learn(folder, of(first), 100, true);
  mkdirSync(path.join(folder, 'backup'));
  // Where it would write its draft.
  mkdirSync(path.join(folder, 'pump.json.new'));
  expect(resealMemories(folder, of(second, [first]))).toEqual([
    { stream: 'pump', why: expect.stringMatching(/pump\.json/), stays: true },
  ]);
  rmSync(path.join(folder, 'pump.json.new'), { recursive: true });
  expect(await learn(folder, of(second, [first]), 200, true)).toEqual([]);
  expect(resealMemories(folder, of(second, [first]))).toEqual([]);
  expect(await learn(folder, of(second), 300, true)).toEqual([]);
});
