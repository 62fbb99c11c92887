/** Second opinions, end to end: a real agent asks a real hub about its events, over restarts of both. */
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { writeClip, writeWalkerPackage } from '../support/clip.ts';
import { configureAgent, type HubHandle, listAll, startAgent, startHub } from '../support/stack.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';
import { uploadModel } from '../support/upload-model.ts';

const event = z.object({
  id: z.string(),
  label: z.string(),
  opinion: z.object({ outcome: z.string(), model: z.string() }).optional(),
});
const opinion = z.object({ id: z.string(), sample: z.string(), chosenBy: z.array(z.string()) });
const hybrid = z.object({
  state: z.string(),
  streams: z.array(z.object({ samples: z.number(), bytes: z.number(), confirmed: z.number(), hubMs: z.number() })),
});
const kept = z.object({ streams: z.record(z.string(), z.object({ counts: z.object({ chosen: z.number() }) })) });

test('events are amended, each once, also those that waited for a hub that was away', {
  timeout: 180_000,
}, async () => {
  const folder = tempFolder();
  const more = ['--second-opinion', 'bright@1.0.0'];
  const first = await startHub(folder, undefined, more);
  await uploadModel(first, path.join(folder, 'hub'), writeWalkerPackage(tempFolder()));
  const clip = await writeClip(folder, { frames: 110, fps: 55 });
  const configFile = await configureAgent(folder, first, {
    models: { walker: writeWalkerPackage(folder) },
    escalate: { perHour: { samples: 1000 } },
    streams: {
      street: {
        source: { url: clip, loop: true },
        model: 'walker',
        escalate: { choose: [{ kind: 'event' }], perHour: { samples: 1000, kB: 100_000 } },
        rules: [{ kind: 'line', name: 'middle', points: [[0.5, 0], [0.5, 1]] }], // biome-ignore format: two points
      },
    },
  });
  const amended = async (hub: HubHandle) => (await listAll(hub, '/events', event)).filter((e) => e.opinion);
  let agent = startAgent(configFile);
  await until(async () => (await amended(first)).length >= 2, 'two events are amended', 60_000);
  first.started.process.kill('SIGTERM');
  await first.started.ended;
  // Meanwhile events happen, and the agent starts again in the middle of it.
  const before = (await readdirOf(folder)).length;
  await until(async () => (await readdirOf(folder)).length > before, 'a sample waits', 60_000);
  agent.process.kill('SIGKILL');
  await agent.ended;
  const waited = await readdirOf(folder);
  agent = startAgent(configFile);

  const second = await startHub(folder, first, more);
  const ids = waited.map((file) => file.split('-')[1]);
  await until(
    async () => {
      const known = new Set((await listAll(second, '/opinions', opinion)).map((one) => one.sample));
      return ids.every((id) => id !== undefined && known.has(id));
    },
    'what waited has its opinion',
    90_000,
  );
  agent.process.kill('SIGTERM');
  expect((await agent.ended).code).toBe(0);

  const events = await amended(second);
  for (const { opinion: one } of events)
    expect(one).toMatchObject({ outcome: 'confirmed', model: 'bright@1.0.0 (fp32)' });
  const opinions = await listAll(second, '/opinions', opinion);
  expect(new Set(opinions.map((one) => one.sample)).size).toBe(opinions.length);
  const { streams, state } = hybrid.parse(await second.api('/hybrid'));
  expect(state).toBe('ready');
  expect(streams).toMatchObject([{ samples: opinions.length, confirmed: opinions.length }]);
  const ledger = kept.parse(JSON.parse(readFileSync(path.join(folder, 'agent', 'data', 'escalation.json'), 'utf8')));
  expect(ledger.streams.street?.counts.chosen).toBeGreaterThan(2);
});

async function readdirOf(folder: string): Promise<string[]> {
  return (await readdir(path.join(folder, 'agent', 'data', 'samples'))).filter((file) => file !== 'draft');
}
