import { expect, test } from 'vitest';
import { reportOf } from '../../../agent/reconcile/report.ts';
import type { DeviceState, Slot } from '../../../agent/reconcile/state.ts';
import type { CandidateProgress } from '../../../agent/reconcile/step-parts.ts';
import { desired, desiredModel } from '../../../shared/contract/messages/desired.ts';
import { modelReport } from '../../../shared/contract/messages/model-report.ts';

const digest = `sha256:${'1'.repeat(64)}`;
const wanted = desiredModel.parse({ name: 'walker', version: '2.0.0', digest, bytes: 1, target: 'x' });
const proof = { golden: { samples: 1, passed: 1 }, variants: [], chosen: 'fp32' };
const shadow = { frames: 1 } as never;
const slot: Slot = {
  name: 'walker',
  version: '1.0.0',
  digest,
  variant: 'int8',
  serviceMs: 1499,
  frames: 3,
  errors: 2,
  latencyMs: { p50: 1, p95: 2 },
  scores: new Array<number>(10).fill(1),
  proof,
  probation: { crashes: 1, maxErrorRate: 0 },
};
const failure = { name: 'walker', version: '3.0.0', digest, stage: 'proof', reason: 'x' } as const;

const served = { streams: ['a', 'b', 'c'], answered: new Set(['a']) };
const nobody = { streams: [], answered: new Set<string>() };

test('slots, candidate, failures and what became of the document, in the words of the contract', () => {
  const state: DeviceState = {
    format: 1,
    running: true,
    desired: desired.parse({ revision: digest, models: { walker: wanted } }),
    streams: { revision: digest, state: 'refused', complaints: [{ path: 'streams.a', message: 'x' }] },
    models: {
      walker: {
        active: { ...slot, awaited: ['a', 'b', 'gone'] },
        previous: {
          name: 'walker',
          version: '0.1.0',
          serviceMs: 1500,
          frames: 0,
          errors: 0,
          latencyMs: { p50: 1, p95: 2 },
        },
        candidate: { package: wanted, proof, shadow },
        failures: [failure],
      },
      idle: { failures: [], candidate: { package: wanted } },
    },
  };
  const progress = new Map<string, CandidateProgress>([['walker', { phase: 'shadowing', progress: 0.5, reason: 'y' }]]);
  const reported = reportOf(state, progress, (model) => (model === 'walker' ? served : nobody));
  const { probation: _kept, serviceMs: _ms, ...rest } = slot;
  expect(reported).toEqual({
    models: {
      walker: {
        active: { ...rest, serviceS: 1, silent: ['b', 'c'], awaited: ['b'], answered: 1 },
        candidate: {
          name: 'walker',
          version: '2.0.0',
          digest,
          proof,
          shadow,
          phase: 'shadowing',
          progress: 0.5,
          reason: 'y',
        },
        // Nothing was analysed, so no latency is told.
        previous: { name: 'walker', version: '0.1.0', serviceS: 2, frames: 0, errors: 0 },
        failures: [failure],
      },
      // A candidate that nothing was done for yet waits.
      idle: { candidate: { name: 'walker', version: '2.0.0', digest, phase: 'waiting' }, failures: [] },
    },
    desired: { revision: digest, streams: state.streams },
  });
  expect(modelReport.parse({ ...reported.models.walker, candidate: undefined }).failures).toHaveLength(1);
});

test('without a document there is nothing to tell of it; without streams in it nothing of streams', () => {
  const state: DeviceState = { format: 1, running: true, models: { walker: { failures: [] } } };
  expect(reportOf(state, new Map(), () => nobody)).toEqual({ models: { walker: { failures: [] } } });
  const asked = { ...state, desired: desired.parse({ revision: digest, models: {} }) };
  expect(reportOf(asked, new Map(), () => nobody).desired).toEqual({ revision: digest });
});
