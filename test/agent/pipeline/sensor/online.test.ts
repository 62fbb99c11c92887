import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { analyseOnline, onlineDetector } from '../../../../agent/pipeline/sensor/online.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { tempFolder } from '../../../support/temp.ts';

const MINUTE = 60_000;
const window = (i: number, value: number) => ({
  tensor: Float32Array.of(value),
  atMs: Date.UTC(2026, 0, 5) + i * MINUTE,
  last: [value],
  restart: false,
});
/** Usual for a long time, then one value that never was. */
const value = (i: number) => (i === 900 ? 500 : 20 + Math.sin(i * i));

function begin(stateFile: string | undefined, clock = new ManualClock()) {
  const notes: string[] = [];
  return { clock, notes, analyser: analyseOnline(onlineDetector(stateFile), ['value'], clock, (n) => notes.push(n)) };
}

async function play(analyser: ReturnType<typeof begin>['analyser'], from: number, to: number) {
  const found: number[] = [];
  for (let i = from; i < to; i++) {
    const { outcome } = await analyser.run(window(i, value(i)));
    if (outcome.task === 'anomaly' && outcome.score >= outcome.threshold) found.push(i);
  }
  return found;
}

test('what never was is found; a restart in the middle knows what the last run has learned', async () => {
  const whole = begin(undefined);
  expect(await play(whole.analyser, 0, 1000)).toEqual([900]);

  const stateFile = path.join(tempFolder(), 'detectors', 'pump.json');
  const first = begin(stateFile);
  await play(first.analyser, 0, 890);
  first.analyser.close();
  const second = begin(stateFile);
  expect(await play(second.analyser, 890, 1000)).toEqual([900]);
  expect([...first.notes, ...second.notes]).toEqual([]);
});

test('it saves now and then, not only at the end', async () => {
  const stateFile = path.join(tempFolder(), 'pump.json');
  const { analyser, clock } = begin(stateFile);
  await play(analyser, 0, 10);
  expect(existsSync(stateFile)).toBe(false);
  await clock.advance(5 * MINUTE);
  await play(analyser, 10, 11);
  for (let round = 1; round <= 2; round++) {
    expect(JSON.parse(readFileSync(stateFile, 'utf8'))).toMatchObject({ format: 1 });
    // Not with each sample, and as often again.
    writeFileSync(stateFile, 'as it was');
    await clock.advance(5 * MINUTE - 1);
    await play(analyser, 20 * round, 20 * round + 3);
    expect(readFileSync(stateFile, 'utf8')).toBe('as it was');
    await clock.advance(1);
    await play(analyser, 20 * round + 3, 20 * round + 4);
  }
});

test('a damaged file is reported, and the detector learns anew', async () => {
  const stateFile = path.join(tempFolder(), 'pump.json');
  writeFileSync(stateFile, '{"format":1,');
  const { analyser, notes } = begin(stateFile);
  expect(notes).toEqual([expect.stringMatching(/pump\.json cannot be read, so the online detector learns anew: /)]);
  await play(analyser, 0, 10);
  analyser.close();
  expect(JSON.parse(readFileSync(stateFile, 'utf8'))).toMatchObject({ format: 1 });
});

test('a folder that cannot be written is reported, and the stream goes on', async () => {
  const folder = tempFolder();
  writeFileSync(path.join(folder, 'file'), '');
  chmodSync(path.join(folder, 'file'), 0o400);
  const { analyser, notes } = begin(path.join(folder, 'file', 'pump.json'));
  await play(analyser, 0, 10);
  analyser.close();
  await play(analyser, 10, 20);
  expect(notes.at(-1)).toMatch(/what the online detector has learned could not be kept in .*pump\.json/);
});
