import { expect, test } from 'vitest';
import { laneOf } from '../../../agent/reconcile/lane.ts';
import type { Step } from '../../../agent/reconcile/plan.ts';
import { desiredModel } from '../../../shared/contract/messages/desired.ts';

const digest = `sha256:${'0'.repeat(64)}`;
const wanted = desiredModel.parse({ name: 'walker', version: '1', digest, bytes: 1, target: 'x' });
const of = { model: 'a', package: wanted };

/** One step of each kind; one that is missing does not compile. */
const lanes: { readonly [K in Step['kind']]: readonly [Extract<Step, { kind: K }>, string] } = {
  'take-streams': [{ kind: 'take-streams', revision: digest }, 'fleet'],
  'drop-streams': [{ kind: 'drop-streams' }, 'fleet'],
  swap: [{ kind: 'swap', ...of }, 'fleet'],
  restore: [{ kind: 'restore', model: 'a', digest }, 'fleet'],
  'go-home': [{ kind: 'go-home', model: 'a' }, 'fleet'],
  'roll-back': [{ kind: 'roll-back', model: 'a', digest, reason: 'x' }, 'fleet'],
  fetch: [{ kind: 'fetch', ...of }, 'fetch a'],
  prove: [{ kind: 'prove', ...of }, 'bench'],
  shadow: [{ kind: 'shadow', ...of }, 'bench'],
  collect: [{ kind: 'collect' }, 'fleet'],
  'forget-failures': [{ kind: 'forget-failures', model: 'a', keep: undefined }, 'state'],
  refuse: [{ kind: 'refuse', ...of, reason: 'x' }, 'state'],
  'drop-candidate': [{ kind: 'drop-candidate', model: 'a' }, 'state'],
  begin: [{ kind: 'begin', ...of }, 'state'],
  confirm: [{ kind: 'confirm', model: 'a', digest }, 'state'],
};

test('what changes runners shares a lane, what measures another; downloads have one each', () => {
  for (const [step, lane] of Object.values(lanes)) expect([step.kind, laneOf(step)]).toEqual([step.kind, lane]);
  expect(laneOf({ kind: 'fetch', model: 'b', package: wanted })).toBe('fetch b');
});
