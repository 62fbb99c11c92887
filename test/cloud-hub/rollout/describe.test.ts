import { expect, test } from 'vitest';
import { rolloutNews } from '../../../cloud-hub/rollout/describe.ts';
import { partFor } from '../../../cloud-hub/rollout/rollouts.ts';
import type { StoredRollout } from '../../../cloud-hub/store/rollouts.ts';
import { digests, stageOf } from './stage.ts';

const unknown = (count: number) => Array.from({ length: count }, (_, i) => `nobody-${i}`);

test('news of many devices comes in messages of 500, each with the rollout as it is when it is sent', async () => {
  const stage = await stageOf('a', 'b', 'c');
  await stage.begin({ waves: [{ percent: 100, soakS: 60 }] });
  const news = rolloutNews(stage.store, 'r1', ['a', ...unknown(499), 'b', ...unknown(499), 'c']);
  await stage.untilQuiet(2);
  const sent = await Promise.all(news.map((build) => build()));
  expect(sent.map((message) => message?.type === 'rollout' && message.devices)).toEqual(
    ['a', 'b', 'c'].map((device) => [
      { device, wave: 0, askedAt: '2026-01-01T00:00:00.000Z', outcome: 'active', reason: '' },
    ]),
  );
  for (const message of sent) expect(message).toMatchObject({ type: 'rollout', rollout: await stage.rollout() });
});

test('news of a rollout alone is one message; of a rollout that is not there, none', async () => {
  const stage = await stageOf('a');
  await stage.begin();
  expect(await Promise.all(rolloutNews(stage.store, 'r1', []).map((build) => build()))).toEqual([
    { type: 'rollout', rollout: await stage.rollout(), devices: [] },
  ]);
  expect(await Promise.all(rolloutNews(stage.store, 'r2', ['a']).map((build) => build()))).toEqual([undefined]);
});

test('what a rollout asks for is refused by name when it is gone', async () => {
  const stage = await stageOf('a');
  await stage.begin();
  const stored = await stage.rollouts.get('r1');
  const aiming = (target: unknown) => ({ ...stored, plan: { ...stored.plan, target } }) as StoredRollout;
  expect(await partFor(stage.store, stored)).toMatchObject({ name: 'bright', digest: digests['1.0.0'], rollout: 'r1' });
  const digest = `sha256:${'00'.repeat(32)}`;
  await expect(partFor(stage.store, aiming({ ...stored.plan.target, digest }))).rejects.toThrow(
    `the model ${digest} is gone`,
  );
  await expect(partFor(stage.store, aiming({ kind: 'streams', revision: digest }))).rejects.toThrow(
    `the set of streams ${digest} is gone`,
  );
});
