import { expect, test } from 'vitest';
import { z } from 'zod';
import { writeClip, writeWalkerPackage } from '../support/clip.ts';
import { outboxStateOf } from '../support/outbox-file.ts';
import { configureAgent, ledgerOf, listAll, startAgent, startHub, untilDrained } from '../support/stack.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';

/** Seconds without a hub; the acceptance run uses 120. */
const OUTAGE_S = Number(process.env.VEDETTE_TEST_OUTAGE_S ?? 15);

const event = z.object({ id: z.string(), action: z.string(), at: z.iso.datetime(), receivedAt: z.iso.datetime() });

test('every event of the time without a hub arrives when it is back', {
  timeout: (OUTAGE_S + 120) * 1000,
}, async () => {
  const folder = tempFolder();
  const first = await startHub(folder);
  // 110 frames are one walk across the picture: at 55 frames a second one crossing each 2 s.
  const clip = await writeClip(folder, { frames: 110, fps: 55 });
  const configFile = await configureAgent(folder, first, {
    models: { walker: writeWalkerPackage(folder) },
    streams: {
      street: {
        source: { url: clip, loop: true },
        model: 'walker',
        rules: [
          {
            kind: 'line',
            name: 'middle',
            points: [
              [0.5, 0],
              [0.5, 1],
            ],
          },
        ],
      },
    },
  });
  const agent = startAgent(configFile);
  await until(async () => (await ledgerOf(first))[0], 'the first record arrives');
  first.started.process.kill('SIGTERM');
  expect((await first.started.ended).code).toBe(0);
  const downFrom = Date.now();
  await new Promise((resolve) => setTimeout(resolve, OUTAGE_S * 1000));
  const downTo = Date.now();

  const second = await startHub(folder, first);
  const lastEvent = await until(
    async () => (await listAll(second, '/events', event)).find((e) => Date.parse(e.at) > downTo),
    'events go on after the return',
    60_000,
  );
  expect(lastEvent).toBeDefined();
  agent.process.kill('SIGTERM');
  expect((await agent.ended).code).toBe(0);

  const { lastSeq } = outboxStateOf(folder);
  const rest = startAgent(configFile);
  const ledger = await untilDrained(second, lastSeq);
  rest.process.kill('SIGTERM');
  await rest.ended;
  expect(ledger).toMatchObject({ gaps: [] });
  expect(ledger.records).toBe(ledger.upTo);

  const during = (await listAll(second, '/events', event)).filter(
    (e) => Date.parse(e.at) > downFrom && Date.parse(e.at) < downTo,
  );
  // A crossing each 2 s, give or take the first and the last.
  expect(during.length).toBeGreaterThanOrEqual(Math.floor(OUTAGE_S / 2) - 2);
  for (const e of during) expect(Date.parse(e.receivedAt)).toBeGreaterThanOrEqual(downTo);
  console.log(`${during.length} events of ${OUTAGE_S} s without a hub arrived`);
});
