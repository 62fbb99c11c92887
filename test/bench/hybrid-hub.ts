/** Part of `bench hybrid`: second opinions over the bare runtime. */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLooker } from '../../cloud-hub/inference/runner.ts';
import { systemClock } from '../../shared/kit/clock.ts';
import { createLogger } from '../../shared/kit/log.ts';
import type { BareRate } from './bare-session.ts';
import { median } from './bench.ts';
import { picturesOf } from './clip-pictures.ts';
import { writeDensePackage } from './dense-model.ts';

const PICTURES = 30;
const ROUNDS = 3;

/** What a picture takes the hub's process, JPEG in and objects out, beside a run of the session alone. */
export async function hubRates(model: string, clip: string, print: (line: string) => void): Promise<void> {
  const workDir = mkdtempSync(path.join(tmpdir(), 'vedette-bench-'));
  const looker = lookerOf(workDir, 1);
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

const BATCH = 8;
const BATCH_ROUNDS = 5;

/** Answers per second, one picture after the other and eight at once, by turns; for a model that gains from it and for the hub's own. */
export async function batchRates(model: string, clip: string, print: (line: string) => void): Promise<void> {
  const workDir = mkdtempSync(path.join(tmpdir(), 'vedette-bench-'));
  const pictures = await firstPictures(clip, 64);
  const large = await firstPictures(clip);
  const cases = [
    { what: 'a model of dense layers', dir: writeDensePackage(path.join(workDir, 'dense')), jpegs: pictures },
    { what: path.basename(model), dir: model, jpegs: large },
  ];
  for (const { what, dir, jpegs } of cases) {
    const [single, together] = [lookerOf(workDir, 1), lookerOf(workDir, BATCH)];
    const chosen = { name: what, dir, digest: '' };
    const eight = jpegs.slice(0, BATCH);
    try {
      const [alone, joined]: [number[], number[]] = [[], []];
      for (let round = 0; round <= BATCH_ROUNDS; round++) {
        let start = systemClock.mono();
        for (const jpeg of eight) await single.look(chosen, [jpeg]);
        const aloneMs = systemClock.mono() - start;
        start = systemClock.mono();
        const most = together.batching?.most ?? 1;
        for (let at = 0; at < eight.length; at += most) await together.look(chosen, eight.slice(at, at + most));
        const joinedMs = systemClock.mono() - start;
        // The first round loads the model.
        if (round === 0) continue;
        alone.push(aloneMs / eight.length);
        joined.push(joinedMs / eight.length);
      }
      const { most, gain, reason } = together.batching ?? { most: 1 };
      const chose = most > 1 ? `${most} at once` : `one by one: ${reason}`;
      print(
        `batches, ${what}: the hub chose ${chose} (its trial: ${gain ?? 'none'} ×); ${median(alone).toFixed(1)} ms a picture alone, ${median(joined).toFixed(1)} as it chose: ${(median(alone) / median(joined)).toFixed(2)} ×; target 3 where the model gains`,
      );
    } finally {
      await Promise.all([single.stop(), together.stop()]);
    }
  }
  rmSync(workDir, { recursive: true, force: true });
}

function lookerOf(workDir: string, batch: number) {
  const entry = new URL('../../cloud-hub/inference/runner-child.js', import.meta.url);
  return createLooker({ entry, workDir, clock: systemClock, log: createLogger('bench', 'error'), batch });
}

async function firstPictures(clip: string, side = 640): Promise<Uint8Array[]> {
  const all: Uint8Array[] = [];
  for await (const picture of picturesOf(clip, side)) {
    all.push(picture);
    if (all.length === PICTURES) break;
  }
  return all;
}
