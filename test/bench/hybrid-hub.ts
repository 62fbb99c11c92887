/** Part of `bench hybrid`: second opinions over the bare runtime. */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLooker } from '../../cloud-hub/inference/runner.ts';
import { systemClock } from '../../shared/kit/clock.ts';
import type { BareRate } from './bare-session.ts';
import { median } from './bench.ts';
import { picturesOf } from './clip-pictures.ts';

const PICTURES = 30;
const ROUNDS = 3;

/** What a picture takes the hub's process, JPEG in and objects out, beside a run of the session alone. */
export async function hubRates(model: string, clip: string, print: (line: string) => void): Promise<void> {
  const workDir = mkdtempSync(path.join(tmpdir(), 'vedette-bench-'));
  const looker = createLooker({
    entry: new URL('../../cloud-hub/inference/runner-child.js', import.meta.url),
    workDir,
    clock: systemClock,
  });
  const bare = fork(new URL('./bare-session.js', import.meta.url), [model]);
  try {
    await once(bare, 'message');
    const pictures = await firstPictures(clip);
    const chosen = { name: 'hub', dir: model, digest: '' };
    const [own, alone]: [number[], number[]] = [[], []];
    for (let round = 0; round <= ROUNDS; round++) {
      // By turns, picture by picture: whatever else the machine does is the same for both.
      for (const jpeg of pictures) {
        const start = systemClock.mono();
        const [answer] = await looker.look(chosen, [jpeg]);
        if (answer?.type !== 'seen') throw new Error(answer?.message ?? 'no answer');
        const ms = systemClock.mono() - start;
        bare.send(1);
        const [{ runsPerSecond }] = (await once(bare, 'message')) as [BareRate];
        // The first round loads the model.
        if (round === 0) continue;
        own.push(ms);
        alone.push(1000 / runsPerSecond);
      }
    }
    const [ms, bareMs] = [median(own), median(alone)];
    print(
      `hub: a picture takes ${ms.toFixed(1)} ms, the bare session ${bareMs.toFixed(1)} ms, one thread each: ${(bareMs / ms).toFixed(2)} of its rate; target 0.9`,
    );
  } finally {
    bare.disconnect();
    await looker.stop();
    rmSync(workDir, { recursive: true, force: true });
  }
}

async function firstPictures(clip: string): Promise<Uint8Array[]> {
  const all: Uint8Array[] = [];
  for await (const picture of picturesOf(clip, 640)) {
    all.push(picture);
    if (all.length === PICTURES) break;
  }
  return all;
}
