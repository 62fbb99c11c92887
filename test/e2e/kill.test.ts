import { expect, test } from 'vitest';
import { z } from 'zod';
import { writeClip, writeWalkerPackage } from '../support/clip.ts';
import { outboxStateOf } from '../support/outbox-file.ts';
import type { Started } from '../support/program.ts';
import { seeded } from '../support/random.ts';
import { childrenOf, configureAgent, ledgerOf, listAll, startAgent, startHub, untilDrained } from '../support/stack.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';

const KILLS_EACH = 10;
const SEED = 20_261_123;
/** Records, crops and all, that make a run worth checking. */
const ENOUGH = 200;

const lines = Array.from({ length: 12 }, (_, i) => ({
  kind: 'line',
  name: `line-${i}`,
  points: [
    [(i + 1) / 14, 0.1],
    [(i + 1) / 14, 0.95],
  ],
}));

async function killed(program: Started): Promise<void> {
  program.process.kill('SIGKILL');
  await program.ended;
}

test('runner, supervisor and hub killed ten times each: every record is at the hub exactly once', {
  timeout: 240_000,
}, async () => {
  const folder = tempFolder();
  let hub = await startHub(folder);
  const configFile = await configureAgent(folder, hub, {
    models: { walker: writeWalkerPackage(folder) },
    streams: {
      street: {
        source: { url: await writeClip(folder, { frames: 110, fps: 60 }), loop: true },
        model: 'walker',
        summaryS: 1,
        rules: lines,
      },
    },
  });
  let agent = startAgent(configFile);
  await until(async () => (await ledgerOf(hub))[0], 'the first record arrives');

  const next = seeded(SEED);
  const plan = ['runner', 'supervisor', 'hub'].flatMap((victim) =>
    Array.from({ length: KILLS_EACH }, () => ({ victim, order: next() })),
  );
  let runnersKilled = 0;
  for (const { victim } of plan.toSorted((a, b) => a.order - b.order)) {
    await new Promise((resolve) => setTimeout(resolve, 200 + next() * 1200));
    if (victim === 'runner') {
      const [runner] = await until(() => {
        const children = childrenOf(agent.process.pid ?? 0);
        return children.length > 0 ? children : undefined;
      }, 'a runner lives');
      process.kill(runner ?? 0, 'SIGKILL');
      runnersKilled++;
    } else if (victim === 'supervisor') {
      await killed(agent);
      agent = startAgent(configFile);
    } else {
      const { httpPort, mqttPort } = hub;
      await killed(hub.started);
      hub = await startHub(folder, { httpPort, mqttPort });
    }
  }
  expect(runnersKilled).toBe(KILLS_EACH);

  // It still works: new records arrive after the last kill, until there is enough to look at.
  const before = (await ledgerOf(hub))[0]?.upTo ?? 0;
  await until(
    async () => ((await ledgerOf(hub))[0]?.upTo ?? 0) > Math.max(before + 5, ENOUGH),
    'records go on arriving',
    60_000,
  );
  agent.process.kill('SIGTERM');
  expect((await agent.ended).code).toBe(0);
  const { lastSeq, epoch, recovered } = outboxStateOf(folder);
  expect(recovered).toBeUndefined();

  // What the last stop left in the outbox is sent by a start without streams; it adds nothing but what it says itself.
  agent = startAgent(configFile);
  const ledger = await untilDrained(hub, lastSeq, 60_000);
  agent.process.kill('SIGTERM');
  await agent.ended;

  expect(await ledgerOf(hub)).toHaveLength(1);
  expect(ledger).toMatchObject({ epoch, gaps: [] });
  expect(ledger.records).toBe(ledger.upTo);
  const id = z.object({ id: z.string(), ptsMs: z.number(), rule: z.string(), at: z.string() });
  const events = await listAll(hub, '/events', id);
  expect(new Set(events.map((e) => e.id)).size).toBe(events.length);
  expect(events.length).toBeGreaterThan(0);
});
