import path from 'node:path';
import { expect, test } from 'vitest';
import { openState } from '../../../agent/reconcile/state.ts';
import { failCandidate } from '../../../agent/reconcile/step-parts.ts';
import type { ModelFailure } from '../../../shared/contract/messages/model-report.ts';
import { tempFolder } from '../../support/temp.ts';
import { digestOf, packageOf, slotOf } from './slots.ts';

const proof = { golden: { samples: 2, passed: 1 }, variants: [], chosen: 'fp32' };

function parts() {
  const state = openState(path.join(tempFolder(), 'models.json'), (reason) => expect.fail(reason));
  const told: [string, ModelFailure][] = [];
  const progress: [string, unknown][] = [];
  const fail = (n: number, reason = 'x') =>
    failCandidate(
      {
        state,
        setProgress: (id, now) => progress.push([id, now]),
        onFailure: (id, failure) => told.push([id, failure]),
      },
      'walker',
      packageOf(n),
      'proof',
      reason,
    );
  const failures = () => state.state.models.walker?.failures ?? [];
  return { state, fail, failures, told, progress };
}

test('a candidate that fails goes; what serves stays, and the failure is kept and told with what was found out', () => {
  const { state, fail, told, progress } = parts();
  const active = slotOf(1);
  state.setModel('walker', () => ({ active, candidate: { package: packageOf(2), proof }, failures: [] }));
  fail(2, 'it is wrong');
  const { name, version, digest } = packageOf(2);
  const failure = { name, version, digest, stage: 'proof', reason: 'it is wrong', proof };
  expect(state.state.models.walker).toEqual({ active, failures: [failure] });
  expect(told).toEqual([['walker', failure]]);
  expect(progress).toEqual([['walker', undefined]]);
});

test('a package that fails again is listed once, as the last; others stay', () => {
  const { state, fail, failures } = parts();
  const before = (n: number): ModelFailure => ({ ...slotOf(n), stage: 'service', reason: 'before' });
  state.setModel('walker', () => ({ active: slotOf(1), failures: [before(2), before(3)] }));
  fail(2, 'again');
  expect(failures().map(({ digest, reason }) => [digest, reason])).toEqual([
    [digestOf(3), 'before'],
    [digestOf(2), 'again'],
  ]);
});

test('of many failures the last eight are kept', () => {
  const { fail, failures } = parts();
  for (let n = 1; n <= 10; n++) fail(n);
  expect(failures().map(({ digest }) => digest)).toEqual([3, 4, 5, 6, 7, 8, 9, 10].map(digestOf));
});
