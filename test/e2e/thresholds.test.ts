/** Thresholds, end to end: a real hub proposes one from its verdicts, an operator applies it, a real agent's events change without a restart. */
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { streamThresholds } from '../../cloud-hub/contract/threshold.ts';
import { writeClip, writeWalkerPackage } from '../support/clip.ts';
import { configureAgent, listAll, startAgent, startHub } from '../support/stack.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';
import { uploadModel } from '../support/upload-model.ts';

const event = z.object({ id: z.string(), action: z.string(), at: z.string() });
const opinion = z.object({
  edge: z.object({ threshold: z.number(), thresholds: z.record(z.string(), z.number()).optional() }),
});
const status = z.object({ items: z.array(z.object({ code: z.string() })) });
const entry = z.object({ action: z.string(), actor: z.string() });

test('a proposal that is applied changes the events of the device, and undone it changes them back', {
  timeout: 240_000,
}, async () => {
  const folder = tempFolder();
  const hub = await startHub(folder, undefined, ['--second-opinion', 'bright@1.0.0']);
  await uploadModel(hub, path.join(folder, 'hub'), writeWalkerPackage(tempFolder()));
  const clip = await writeClip(folder, { frames: 110, fps: 11 });
  const configFile = await configureAgent(folder, hub, {
    models: { walker: writeWalkerPackage(folder) },
    escalate: { perHour: { samples: 1000 } },
    streams: {
      street: {
        source: { url: clip, loop: true },
        model: 'walker',
        // So low that the grey of the street counts too; the hub's model sees only the walker.
        threshold: 0.1,
        escalate: { choose: [{ kind: 'random', share: 1 }], perHour: { samples: 1000, kB: 100_000 } },
        rules: [{ kind: 'threshold', name: 'crowd', atLeast: 2 }],
      },
    },
  });
  const agent = startAgent(configFile);
  const route = '/devices/box/streams/street/thresholds';
  const read = async () => streamThresholds.parse(await hub.api(`${route}?precision=0.8`));
  const events = () => listAll(hub, '/events', event);
  const ofAction = async (action: string) => (await events()).filter((one) => one.action === action).length;

  // Nothing is proposed before enough is known.
  await until(async () => (await read()).frames > 0, 'the first verdict', 60_000);
  await until(async () => (await read()).items.some(({ proposed }) => proposed), 'a proposal', 90_000);
  const { items, model } = await read();
  const [advice] = items;
  expect(advice).toMatchObject({ label: 'person', today: { threshold: 0.1 } });
  expect(advice?.proposed?.precision.from).toBeGreaterThanOrEqual(0.8);
  expect(advice?.change).toBeLessThan(0);
  expect([await ofAction('start'), await ofAction('end')]).toEqual([1, 0]);

  const threshold = advice?.proposed?.threshold ?? 0;
  await hub.api(route, { method: 'PUT', body: { labels: { person: threshold }, model } }).catch(() => undefined);
  await until(async () => (await ofAction('end')) === 1, 'the crowd is gone', 30_000);
  expect((await read()).inForce).toMatchObject({ model, labels: { person: threshold } });
  await until(
    async () => {
      const [latest] = z.object({ items: z.array(opinion) }).parse(await hub.api('/opinions?limit=1')).items;
      return latest?.edge.thresholds?.person === threshold && latest.edge.threshold === 0.1;
    },
    'samples say so',
    30_000,
  );

  await hub.api(`${route}/undo`, { method: 'POST', body: {} }).catch(() => undefined);
  await until(async () => (await ofAction('start')) === 2, 'the crowd is back', 30_000);
  expect((await read()).inForce).toBeUndefined();

  // Within bounds the hub does it by itself, and no further than they say.
  const bounds = { precision: 0.8, min: 0.1, max: 0.15, maxStep: 1 };
  await hub.api(`${route}/automatic`, { method: 'PUT', body: bounds }).catch(() => undefined);
  expect((await read()).inForce).toMatchObject({ labels: { person: 0.15 }, by: 'hub' });

  const { items: problems } = status.parse(await hub.api('/problems'));
  expect(problems).toEqual([]);
  const actions = (await listAll(hub, '/audit?subject=box&action=thresholds', entry)).map(({ action, actor }) => [
    action,
    actor === 'hub',
  ]);
  expect(actions.toReversed()).toEqual([
    ['thresholds.apply', false],
    ['thresholds.undo', false],
    ['thresholds.automate', false],
    ['thresholds.tune', true],
  ]);
  agent.process.kill('SIGTERM');
  expect((await agent.ended).code).toBe(0);
});
