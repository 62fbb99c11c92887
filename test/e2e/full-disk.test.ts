import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { writeClip, writeWalkerPackage } from '../support/clip.ts';
import { mayMount } from '../support/small-disk.ts';
import { configureAgent, type HubHandle, ledgerOf, listAll, startAgent, startHub } from '../support/stack.ts';
import { tempFolder } from '../support/temp.ts';
import { tempDisk } from '../support/temp-disk.ts';
import { until } from '../support/until.ts';

const MIB = 1024 * 1024;
const skipped = !mayMount();
const title = `a really full disk does not stop the agent${skipped ? ' (skipped: this user may not mount file systems)' : ''}`;

const event = z.object({ id: z.string(), at: z.iso.datetime(), receivedAt: z.iso.datetime() });
const problem = z.object({ kind: z.string(), code: z.string(), message: z.string(), count: z.number() });

/** What the loss records say of numbers, and the numbers that the hub misses. */
async function lossesAt(hub: HubHandle) {
  const problems = await listAll(hub, '/problems', problem);
  const [ledger] = await ledgerOf(hub);
  const numbered = problems.filter((t) => t.kind === 'loss' && t.message.includes('numbers'));
  return {
    lost: numbered.reduce((sum, t) => sum + t.count, 0),
    missing: (ledger?.gaps ?? []).reduce((sum, gap) => sum + gap.to - gap.from + 1, 0),
    reasons: new Set(ledger?.gaps.map((gap) => gap.reason)),
    full: problems.filter((t) => t.code === 'outbox-full'),
    ledger,
  };
}

/** Thirty lines across the picture: a busy stream. */
const lines = Array.from({ length: 30 }, (_, i) => ({
  kind: 'line',
  name: `line-${i}`,
  snapshot: true,
  points: [
    [(i + 1) / 32, 0.05],
    [(i + 1) / 32, 0.98],
  ],
}));

test.skipIf(skipped)(title, { timeout: 180_000 }, async () => {
  const folder = tempFolder();
  const disk = tempDisk(6 * MIB);
  const first = await startHub(folder);
  const clip = await writeClip(folder, { frames: 110, width: 640, height: 480, fps: 60 });
  const configFile = await configureAgent(folder, first, {
    dataDir: path.join(disk.folder, 'data'),
    models: { walker: writeWalkerPackage(folder) },
    streams: {
      street: { source: { url: clip, loop: true, pace: 'fast' }, model: 'walker', summaryS: 1, rules: lines },
    },
  });
  const agent = startAgent(configFile);
  await until(async () => (await ledgerOf(first))[0], 'the first record arrives');
  first.started.process.kill('SIGKILL');
  await first.started.ended;

  // Others take what is left; then the outbox has to live with what it has.
  await until(() => disk.usedBytes() > 3 * MIB, 'half of the disk is taken', 60_000);
  disk.take();
  await until(() => agent.stderr().includes('records were given up'), 'records are given up', 60_000);
  await new Promise((resolve) => setTimeout(resolve, 3000));

  const back = Date.now();
  const second = await startHub(folder, first);
  await until(
    async () => (await listAll(second, '/events', event)).filter((e) => Date.parse(e.at) > back + 2000).length > 20,
    'events go on arriving on a full disk',
    60_000,
  );
  disk.giveBack();
  disk.resize(64 * MIB);
  const roomy = Date.now();
  await until(
    async () => (await listAll(second, '/events', event)).filter((e) => Date.parse(e.at) > roomy + 1000).length > 20,
    'events go on arriving with room',
    60_000,
  );
  // Each missing number is one that was given up, and nothing else was; the loss record may come after the gap.
  const { lost, reasons, full } = await until(
    async () => {
      const seen = await lossesAt(second);
      const { records = 0, upTo } = seen.ledger ?? {};
      // What is newer than something on its way is counted already, and is not in `upTo` yet.
      if (seen.lost === seen.missing && records + seen.lost === upTo) return seen;
      throw new Error(`${seen.lost} given up, ${seen.missing} missing, ${records} here up to ${upTo}`);
    },
    'the gaps are what the loss records say, and each other number is here',
    60_000,
  );
  expect(lost).toBeGreaterThan(0);
  expect(reasons).toEqual(new Set(['disk']));
  expect(full).toMatchObject([{ message: expect.stringContaining('make room on that disk') }]);
  const ids = (await listAll(second, '/events', event)).map((e) => e.id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(await ledgerOf(second)).toHaveLength(1);

  expect(agent.process.exitCode).toBeNull();
  agent.process.kill('SIGTERM');
  expect((await agent.ended).code).toBe(0);
});
