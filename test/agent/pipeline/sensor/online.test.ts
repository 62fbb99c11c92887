import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { analyseOnline, onlineDetector } from '../../../../agent/pipeline/sensor/online.ts';
import type { Outcome } from '../../../../shared/engine/outcome.ts';
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

/** A saved state adds its sums up anew: the last digits of a score may differ. */
function rounded(outcome: Outcome) {
  if (outcome.task !== 'anomaly') throw new Error(outcome.task);
  const { score, anomalous, expected } = outcome;
  const digits = (x: number) => Number(x.toPrecision(6));
  return { score: digits(score), anomalous, expected: expected?.map((band) => band?.map(digits)) };
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

test('killed after any sample: the next start goes on as if nothing had been', async () => {
  const all = async (analyser: ReturnType<typeof begin>['analyser'], from: number, to: number) => {
    const outcomes: ReturnType<typeof rounded>[] = [];
    for (let i = from; i < to; i++) outcomes.push(rounded((await analyser.run(window(i, value(i)))).outcome));
    return outcomes;
  };
  const whole = await all(begin(undefined).analyser, 0, 1000);
  for (const kills of [[890], [900], [901], [300, 301, 302, 899, 950]]) {
    const stateFile = path.join(tempFolder(), 'detectors', 'pump.json');
    const outcomes: ReturnType<typeof rounded>[] = [];
    for (const [n, to] of [...kills, 1000].entries()) {
      // Not closed: the process is gone.
      const { analyser, notes, clock } = begin(stateFile);
      const from = kills[n - 1] ?? 0;
      // Once in its life it saves.
      outcomes.push(...(await all(analyser, from, from + Math.floor((to - from) / 2))));
      await clock.advance(5 * MINUTE);
      outcomes.push(...(await all(analyser, from + Math.floor((to - from) / 2), to)));
      expect(notes).toEqual([]);
    }
    expect(outcomes).toEqual(whole);
  }
});

test('killed between the save and the end of the journal: no sample counts twice', async () => {
  const stateFile = path.join(tempFolder(), 'pump.json');
  const first = begin(stateFile);
  await play(first.analyser, 0, 890);
  const journal = readFileSync(`${stateFile}.samples`);
  first.analyser.close();
  writeFileSync(`${stateFile}.samples`, journal);
  const again = begin(stateFile);
  const expected = begin(undefined);
  await play(expected.analyser, 0, 890);
  for (let i = 890; i < 1000; i++)
    expect(rounded((await again.analyser.run(window(i, value(i)))).outcome)).toEqual(
      rounded((await expected.analyser.run(window(i, value(i)))).outcome),
    );
});

test('a state that was put there is not mixed with samples of another one', async () => {
  const stateFile = path.join(tempFolder(), 'pump.json');
  const first = begin(stateFile);
  await play(first.analyser, 0, 890);
  first.analyser.close();
  const { lastAtMs: _, ...put } = JSON.parse(readFileSync(stateFile, 'utf8'));
  await play(begin(stateFile).analyser, 890, 899);
  writeFileSync(stateFile, JSON.stringify(put));
  const again = begin(stateFile);
  // Sample 890 is next for this state, and not known to it already.
  const expected = begin(undefined);
  await play(expected.analyser, 0, 890);
  for (const i of [890, 891])
    expect(rounded((await again.analyser.run(window(i, value(i)))).outcome)).toEqual(
      rounded((await expected.analyser.run(window(i, value(i)))).outcome),
    );
});

test('a start that sees no sample keeps what waits', async () => {
  const stateFile = path.join(tempFolder(), 'pump.json');
  await play(begin(stateFile).analyser, 0, 890);
  begin(stateFile).analyser.close();
  expect(await play(begin(stateFile).analyser, 890, 1000)).toEqual([900]);
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
