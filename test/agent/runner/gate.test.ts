import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createSupervisor } from '../../../agent/runner/supervisor.ts';
import { streamConfig } from '../../../shared/contract/config/stream.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { writeClip, writeWalkerPackage } from '../../support/clip.ts';
import { built } from '../../support/program.ts';
import { tempFolder } from '../../support/temp.ts';

/** Runs a clip of 60 frames through a real runner, to its end; the frames by what became of them. */
async function play(overrides: Record<string, unknown>) {
  const folder = tempFolder();
  const clip = await writeClip(folder, { frames: 60, fps: 10 });
  const totals = { frames: 0, inferred: 0, gated: 0, dropped: 0, results: 0 };
  let finish: (failure?: Error) => void = () => undefined;
  const done = new Promise<void>((resolve, reject) => {
    finish = (failure) => (failure ? reject(failure) : resolve());
  });
  const supervisor = createSupervisor({
    entry: built('agent/runner/child.js'),
    workDir: path.join(folder, 'runners'),
    runners: 1,
    restart: false,
    clock: systemClock,
    onMessage(message) {
      if (message.type === 'result') totals.results++;
      if (message.type === 'done') finish();
      if (message.type !== 'record' || message.body.kind !== 'summary') return;
      for (const key of ['frames', 'inferred', 'gated', 'dropped'] as const) totals[key] += message.body[key];
    },
    onRunnerDied: ({ message }) => finish(new Error(message)),
  });
  onTestFinished(() => supervisor.stop());
  void supervisor.apply([
    {
      stream: 'street',
      config: streamConfig.parse({ source: { url: clip, pace: 'fast' }, model: 'walker', ...overrides }),
      modelDir: writeWalkerPackage(folder),
      variant: 'auto',
      batch: 1,
      runtime: { threads: 1, provider: 'cpu' },
      once: true,
    },
  ]);
  await done;
  return totals;
}

const everything = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
];

test('frames in which nothing counts are answered without the model, but not for longer than maxIdleS', async () => {
  const { results, ...totals } = await play({ gate: { mask: [everything], maxIdleS: 2 } });
  // 6 s of clip: the first frame, and one each 2 s.
  expect(totals).toEqual({ frames: 60, inferred: 3, gated: 57, dropped: 0 });
  expect(results).toBe(3);
});

test('without a gate every frame goes through the model', async () => {
  expect(await play({})).toEqual({ frames: 60, inferred: 60, gated: 0, dropped: 0, results: 60 });
});

test('outside of the active hours no frame is analysed', async () => {
  const halfAYearAway = ((new Date().getMonth() + 6) % 12) + 1;
  expect(await play({ active: `* * * ${halfAYearAway} *` })).toMatchObject({ inferred: 0, gated: 0, results: 0 });
});
