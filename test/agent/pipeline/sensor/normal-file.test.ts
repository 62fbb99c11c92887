/** What a person calls normal reaches the online detector by its file, once, and over restarts. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { keepNormal } from '../../../../agent/pipeline/sensor/normal-file.ts';
import { analyseOnline, onlineDetector } from '../../../../agent/pipeline/sensor/online.ts';
import { systemClock } from '../../../../shared/kit/clock.ts';
import { seeded } from '../../../support/random.ts';
import { tempFolder } from '../../../support/temp.ts';

const STEP_MS = 300_000;
const START = Date.UTC(2026, 0, 5);
const random = seeded(3);
const noise = Array.from({ length: 6000 }, () => 3 * random());

/** A pump that is cleaned (twelve samples at 40) from these samples on; the device's clock says the time of the samples. */
async function play(
  folder: string,
  [from, to]: readonly [number, number],
  cleanings: readonly number[],
  say: (i: number) => void = () => undefined,
) {
  let now = from;
  const clock = { ...systemClock, mono: () => now * 1000, wall: () => START + now * STEP_MS };
  const notes: string[] = [];
  const online = onlineDetector(path.join(folder, 'pump.json'));
  const analyser = analyseOnline(online, ['value'], clock, (note) => void notes.push(note));
  const begun: number[] = [];
  let before = false;
  for (let i = from; i < to; i++) {
    const value = (cleanings.some((first) => i >= first && i < first + 12) ? 40 : 80) + (noise[i] ?? 0);
    const window = { tensor: new Float32Array([value]), atMs: START + i * STEP_MS, last: [value], restart: false };
    const { outcome } = await analyser.run(window);
    const anomalous = outcome.task === 'anomaly' && outcome.anomalous;
    if (anomalous && !before) begun.push(i);
    before = anomalous;
    say(i);
    now++;
  }
  analyser.close();
  return { begun, notes };
}

test('a detector learns what is said of its stream, in the middle of a run and over a restart', async () => {
  const [plain, taught] = [tempFolder(), tempFolder()];
  const cleanings = [2000, 2900];
  const untold = await play(plain, [0, 3000], cleanings);
  expect(untold.begun.filter((i) => i >= 2000).length).toBeGreaterThan(1);
  const first = await play(taught, [0, 2500], cleanings, (i) => {
    if (i !== 2100) return;
    keepNormal(taught, [
      { event: '1', stream: 'other', wall: START },
      { event: '7', stream: 'pump', wall: START + 2003 * STEP_MS },
    ]);
  });
  const learned = first.notes.filter((note) => note.includes('normal'));
  expect(learned).toEqual([expect.stringMatching(/^the anomaly of 2026-01-11T.* was normal.* has learned it$/)]);
  const second = await play(taught, [2500, 3000], cleanings);
  expect(second).toEqual({ begun: [], notes: [] });
});

test('what is not remembered is said and left; a file that cannot be read teaches nothing', async () => {
  const folder = tempFolder();
  const { notes } = await play(folder, [0, 30], [], (i) => {
    if (i === 10) writeFileSync(path.join(folder, 'pump.normal.json'), '{"format":1,"said":[{"event":3}]}');
    if (i === 20) keepNormal(folder, [{ event: '3', stream: 'pump', wall: START }]);
  });
  expect(notes).toEqual([expect.stringContaining('is not remembered any more: nothing was learned')]);
});
