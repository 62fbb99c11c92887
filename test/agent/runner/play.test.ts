import { expect, onTestFinished, test } from 'vitest';
import type { FromRunner } from '../../../agent/runner/messages.ts';
import { playStream } from '../../../agent/runner/play.ts';
import { streamConfig } from '../../../shared/contract/config/stream.ts';
import { openEngine } from '../../../shared/engine/engine.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { noSealer } from '../../../shared/kit/seal.ts';
import { builtThreads } from '../../support/decode-threads.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { waveRows, writeCsv, writeWaveModel } from '../../support/sensor.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';

/** A stream of a file that lies there, by a clock that the test moves. */
async function played(rows: readonly string[], source: { readonly loop?: boolean } = {}) {
  const folder = tempFolder();
  const modelDir = await writeWaveModel(folder);
  const runtime = { threads: 1, provider: 'cpu' as const };
  const engine = await openEngine({ dir: modelDir, variant: 'auto', ...runtime }, systemClock);
  onTestFinished(() => engine.close());
  const write = (lines: readonly string[]) => writeCsv(folder, 'live.csv', lines);
  const config = streamConfig.parse({
    kind: 'sensor',
    source: { url: write(rows), pace: 'fast', ...source },
    model: 'wave',
  });
  const clock = new ManualClock();
  const messages: FromRunner[] = [];
  const playing = playStream({
    assignment: { stream: 's', config, modelDir, variant: 'auto', batch: 1, runtime, once: false },
    engine,
    clock,
    threads: builtThreads(1),
    send: (message) => messages.push(message),
    sealer: noSealer,
    standby: () => false,
    tuned: () => undefined,
  });
  onTestFinished(() => playing.close());
  const states = () => messages.flatMap((m) => (m.type === 'status' ? [m.status] : []));
  const waits = () => states().flatMap(({ error }) => /next try in (\d+) s/.exec(error ?? '')?.[1] ?? []);
  return { clock, messages, playing, states, waits, write };
}

test('a source that opens each time and gives nothing is tried at longer and longer intervals', async () => {
  const { clock, states, waits } = await played(['yesterday,much']);
  for (let tries = 1; tries <= 5; tries++) {
    await until(() => waits().length === tries, `try ${tries} fails`);
    // No further than the next try: a disk that takes longer than ten seconds by this clock counts as hanging.
    await clock.advance(tries < 5 ? Number(waits().at(-1)) * 1000 : 0);
  }
  expect(states().map(({ state }) => state)).toEqual([
    'starting',
    ...Array.from({ length: 5 }, () => ['running', 'waiting']).flat(),
  ]);
  // The bound of the first wait, 0.4 s, has doubled four times; at least its half is waited.
  expect(Number(waits().at(-1))).toBeGreaterThanOrEqual(4);
});

test('when the last frame was is known through failures in which there is none; the first wait after frames is a short one', async () => {
  const { clock, playing, states, waits, write } = await played(waveRows(100), { loop: true });
  await until(() => playing.lastAt() !== undefined, 'a result');
  for (let tries = 1; tries <= 4; tries++) {
    write(['yesterday,much']);
    await until(() => waits().length === tries, `try ${tries} fails`);
    expect(playing.lastAt()).toBe(0);
    await clock.advance(Number(waits().at(-1)) * 1000);
  }
  await until(() => waits().length === 5, 'the last try fails');
  write(waveRows(100));
  await clock.advance(Number(waits().at(-1)) * 1000);
  await until(() => (playing.lastAt() ?? 0) > 0, 'it is back');
  expect(states().at(-1)?.state).toBe('running');
  write(['yesterday,much']);
  await until(() => waits().length === 6, 'it fails again');
  expect(Number(waits().at(-1))).toBe(1);
  await playing.close();
  const told = states().length;
  await clock.advance(60_000);
  expect(states()).toHaveLength(told);
});
