/** A new version that disagrees with the hub's model more than the one before, in a real store. */
import { expect, test } from 'vitest';
import type { NewOpinion } from '../../../cloud-hub/store/opinions.ts';
import { type Stage, stageOf } from './stage.ts';

let sample = 0;

/** Frames that chance chose, so many of them the same. */
async function look(
  stage: Stage,
  device: string,
  version: string,
  same: number,
  n: number,
  more: Partial<NewOpinion> = {},
) {
  await stage.store.transact(async ({ opinions }) => {
    for (let frame = 0; frame < n; frame++)
      await opinions.add({
        ...{ device, stream: 'door', sample: String(sample++).padStart(32, '0'), receivedAt: stage.clock.wall() },
        ...{ outcome: frame < same ? 'confirmed' : 'changed', chosenBy: ['random'], bytes: 1, ms: 1 },
        edge: { model: `bright@${version} (fp32)`, objects: [] },
        hub: { model: 'big@1.0.0 (fp32)', objects: [] },
        ...more,
      });
  });
}

const plan = { waves: [{ percent: 100, soakS: 600 }] };
const gateOf = async (stage: Stage) => (await stage.rollout()).gates.find(({ gate }) => gate === 'disagreement');

test.each([
  ['roll-back', 'rolled-back'],
  ['pause', 'paused'],
] as const)('%s, with the reason', async (onFailure, status) => {
  const stage = await stageOf('a', 'b');
  for (const device of ['a', 'b']) await look(stage, device, '1.0.0', 57, 60);
  await stage.begin({ ...plan, onFailure }, '2.0.0');
  await stage.untilQuiet(3);
  expect(await gateOf(stage)).toMatchObject({
    state: 'not judged',
    reason: 'the hub has looked at 0 frames that chance chose, and at 0 of the model before; 50 of each are needed',
  });
  // Too few to say, however bad they are.
  for (const device of ['a', 'b']) await look(stage, device, '2.0.0', 0, 24);
  await stage.untilQuiet(3);
  expect(await gateOf(stage)).toMatchObject({
    state: 'not judged',
    reason: expect.stringContaining('looked at 48 frames'),
  });
  expect((await stage.rollout()).status).toBe('running');
  await look(stage, 'a', '2.0.0', 0, 2);
  await stage.untilQuiet(8);
  const reason = expect.stringMatching(
    /disagrees with the hub on 100 % of 50 frames, before on 5 % of 120: 95 points more \([\d.]+ to 100\); at most 5 are allowed, by the lower end$/,
  );
  expect(await gateOf(stage)).toMatchObject({ state: 'tripped', reason });
  const last = (await stage.history()).findLast(({ action }) => action === status);
  expect(last?.reason).toMatch(/^gate disagreement: disagrees/);
  expect((await stage.rollout()).status).toBe(status);
});

test('not by a version that agrees alike, by events, by another model of the hub, or by devices without a version before', async () => {
  const stage = await stageOf('a', 'b', 'c');
  await look(stage, 'a', '1.0.0', 54, 60);
  await look(stage, 'b', '1.0.0', 54, 60, { hub: { model: 'other@1.0.0 (fp32)', objects: [] } });
  await stage.begin(plan, '2.0.0');
  await stage.untilQuiet(3);
  await look(stage, 'a', '2.0.0', 53, 60);
  // Against another judge, nothing is compared; nor where nothing was before.
  await look(stage, 'b', '2.0.0', 0, 60);
  await look(stage, 'c', '2.0.0', 0, 60);
  const event = { rule: 'r', ruleKind: 'line', action: 'in', label: 'x', score: 0.5 };
  await look(stage, 'a', '2.0.0', 0, 60, { event, chosenBy: ['random', 'event'] });
  await look(stage, 'a', '2.0.0', 0, 60, { chosenBy: ['margin'] });
  await stage.untilQuiet(8);
  expect(await gateOf(stage)).toMatchObject({ state: 'ok', reason: expect.stringContaining('on 11.7 % of 60 frames') });
  for (let n = 0; n < 1000 && (await stage.rollout()).status === 'running'; n++) await stage.untilQuiet();
  expect((await stage.rollout()).status).toBe('done');
});

test('an operator may overrule it', async () => {
  const stage = await stageOf('a');
  await look(stage, 'a', '1.0.0', 60, 60);
  await stage.begin({ ...plan, onFailure: 'pause' }, '2.0.0');
  await stage.untilQuiet(3);
  await look(stage, 'a', '2.0.0', 10, 60);
  await stage.untilQuiet(8);
  expect((await stage.rollout()).status).toBe('paused');
  await stage.rollouts.resume('r1', ['disagreement'], stage.act());
  await stage.untilQuiet(3);
  expect(await stage.rollout()).toMatchObject({ status: 'running', waived: ['disagreement'] });
});
