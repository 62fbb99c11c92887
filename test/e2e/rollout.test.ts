import { expect, test } from 'vitest';
import { z } from 'zod';
import { writeClip } from '../support/clip.ts';
import { walkerVersion } from '../support/desiring-hub.ts';
import { rollOut, signingHub } from '../support/roll-out.ts';
import { configureAgent, listAll, startAgent, startHub } from '../support/stack.ts';
import { tempFolder } from '../support/temp.ts';

test('a signed version goes through a rollout and serves; one that is silently wrong is stopped on the device, and answers go on', {
  timeout: 400_000,
}, async () => {
  const folder = tempFolder();
  const hub = await startHub(folder);
  const signing = await signingHub(hub, folder);
  const configFile = await configureAgent(folder, hub, {
    models: { walker: walkerVersion(folder, '1.0.0') },
    updates: signing.updates,
    streams: {
      street: {
        source: { url: await writeClip(folder, { frames: 200, fps: 20 }), loop: true },
        model: 'walker',
        summaryS: 1,
        rules: [{ kind: 'threshold', name: 'crowd', atLeast: 1 }],
      },
    },
  });
  const agent = startAgent(configFile);
  for (const [version, manifest] of [
    ['2.0.0', {}],
    ['3.0.0', { labels: ['cat'] }],
  ] as const)
    await signing.upload(walkerVersion(folder, version, {}, manifest));

  expect(await rollOut(hub, '2.0.0')).toMatchObject({ status: 'done' });
  const wrong = await rollOut(hub, '3.0.0');
  expect(wrong).toMatchObject({ status: 'rolled-back', reason: expect.stringMatching(/agree/) });

  const event = z.looseObject({ label: z.string() });
  const events = await listAll(hub, '/events', event);
  expect(new Set(events.map((e) => e.label))).toEqual(new Set(['person']));
  agent.process.kill('SIGTERM');
  expect((await agent.ended).code).toBe(0);
});
