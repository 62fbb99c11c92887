import { expect, test } from 'vitest';
import { desired, targetPathOf } from '../../../../shared/contract/messages/desired.ts';
import { modelReport } from '../../../../shared/contract/messages/model-report.ts';
import { report } from '../../../../shared/contract/messages/report.ts';

const digest = `sha256:${'ab'.repeat(32)}`;
const model = { name: 'yolox-nano', version: '1.2.0', digest, bytes: 1000, target: 'yolox-nano/1.2.0.tar.gz' };

test('a document gets the defaults of its proof, and keeps what a newer hub adds', () => {
  const parsed = desired.parse({ revision: digest, models: { detector: model }, later: 1 });
  expect(parsed.models.detector?.proof).toMatchObject({ shadowFrames: 200, minAgreement: 0.8 });
  expect(parsed).toMatchObject({ later: 1 });
  expect(targetPathOf(model)).toBe(model.target);
});

test.each([
  ['a short digest', { revision: digest, models: { detector: { ...model, digest: 'sha256:ab' } } }],
  ['no revision', { models: {} }],
  ['a wrong name', { revision: digest, models: { 'No Name': model } }],
  ['an unknown proof', { revision: digest, models: { detector: { ...model, proof: { minAgrement: 1 } } } }],
])('%s is refused', (_what, document) => {
  expect(desired.safeParse(document).success).toBe(false);
});

test('a report of an older agent has no models, and is still a report', () => {
  const older = {
    version: '0.1.0',
    boot: 'b',
    config: 'c',
    host: { platform: 'linux', arch: 'x64', cpus: 2, memoryMb: 100, name: 'h' },
    process: { rssMb: 1, uptimeS: 1 },
    outbox: { epoch: 'e', waiting: 0, bytes: 0, lastSeq: 0 },
    streams: [],
  };
  expect(report.parse(older).models).toBeUndefined();
  const slot = { name: 'm', version: '1.0.0', digest, serviceS: 1, frames: 5, errors: 0 };
  expect(modelReport.parse({ active: slot, failures: [] }).active?.frames).toBe(5);
  expect(report.safeParse({ ...older, models: { detector: { failures: [{ stage: 'mood' }] } } }).success).toBe(false);
});
