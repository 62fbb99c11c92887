import { expect, test } from 'vitest';
import { enrolAnswer, enrolRequest, renewed, renewRequest } from '../../../shared/contract/enrolment.ts';

const request = { claim: 'c', request: 'r' };
const waiting = { state: 'waiting', device: 'box-1', fingerprint: 'aa:bb', retryS: 30 };
const enrolled = {
  state: 'enrolled',
  device: 'box-1',
  certificate: 'c',
  roots: 'r',
  hasOwnCertificate: true,
  broker: { port: 8883 },
};
const long = (length: number) => 'x'.repeat(length);

test.each([
  ['request', enrolRequest, request, { claim: long(256) }, { claim: long(257) }],
  ['request', enrolRequest, request, { request: long(4096) }, { request: long(4097) }],
  ['request', enrolRequest, request, {}, { claim: '' }],
  ['request', enrolRequest, request, {}, { request: '' }],
  ['request', enrolRequest, request, {}, { more: 1 }],
  ['renewal', renewRequest, { request: 'r' }, { request: long(4096) }, { request: long(4097) }],
  ['renewal', renewRequest, { request: 'r' }, {}, { claim: 'c' }],
  ['waiting', enrolAnswer, waiting, { retryS: 3600 }, { retryS: 3601 }],
  ['waiting', enrolAnswer, waiting, { retryS: 0.1 }, { retryS: 0 }],
  ['waiting', enrolAnswer, waiting, {}, { fingerprint: undefined }],
  ['waiting', enrolAnswer, waiting, {}, { device: 'No' }],
  ['waiting', enrolAnswer, waiting, {}, { state: 'done' }],
  ['enrolled', enrolAnswer, enrolled, { broker: { port: 1 } }, { broker: { port: 0 } }],
  ['enrolled', enrolAnswer, enrolled, { broker: { port: 65_535 } }, { broker: { port: 65_536 } }],
  ['enrolled', enrolAnswer, enrolled, { broker: { url: long(2048) } }, { broker: { url: long(2049) } }],
  ['enrolled', enrolAnswer, enrolled, {}, { broker: {} }],
  ['enrolled', enrolAnswer, enrolled, { certificate: long(65_536) }, { certificate: long(65_537) }],
  ['enrolled', enrolAnswer, enrolled, {}, { roots: '' }],
  ['enrolled', enrolAnswer, enrolled, {}, { hasOwnCertificate: 'yes' }],
  ['enrolled', enrolAnswer, enrolled, { trustRoot: long(524_288) }, { trustRoot: long(524_289) }],
  ['renewed', renewed, { certificate: 'c', roots: 'r' }, {}, { certificate: '' }],
  ['renewed', renewed, { certificate: 'c', roots: 'r' }, {}, { roots: undefined }],
] as const)('%s: at a bound, and beyond it (%#)', (_name, schema, base, good, bad) => {
  expect(schema.safeParse({ ...base, ...good }).success).toBe(true);
  expect(schema.safeParse({ ...base, ...bad }).success).toBe(false);
});
