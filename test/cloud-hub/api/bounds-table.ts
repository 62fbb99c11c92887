/** Values of every parameter and of every field of a body: at their bounds, and beyond them. */

import { alertBodies } from './alert-bounds.ts';
import { identityBodies, identityParameters } from './identity-bounds.ts';
import { logBodies, logParameters } from './log-bounds.ts';
import { recordBodies } from './record-bounds.ts';
import { thresholdBodies } from './threshold-bounds.ts';

/** Values that are let through, and values that are refused with the name of the field. */
export interface Bounds {
  readonly good: readonly unknown[];
  readonly bad: readonly unknown[];
  readonly required?: true;
}

const NAME_GOOD = ['a', '0', 'a-0', 'a_b', 'z'.repeat(64)];
const NAME_BAD = ['', 'z'.repeat(65), 'A', 'a~b', 'a b', 'ä', 'a.b'];
const name: Bounds = { good: NAME_GOOD, bad: NAME_BAD };
const hex = (n: number, digit = 'a') => digit.repeat(n);
const digest: Bounds = {
  good: [`sha256:${hex(64)}`, `sha256:${hex(64, '0')}`],
  bad: ['', hex(64), `sha256:${hex(63)}`, `sha256:${hex(65)}`, `sha256:${hex(64, 'A')}`, `md5:${hex(64)}`],
};
const limit: Bounds = { good: [1, 100, 500], bad: [0, -1, 501, 1.5, 'x', '', 'Infinity'] };
const row: Bounds = {
  good: ['1', '9007199254740991'],
  bad: ['', '0', '-1', '1.5', '01', '0x1', 'x', '9007199254740992', '1'.repeat(257)],
};
const time: Bounds = {
  good: ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.123+02:00', '2024-02-29T23:59:59-11:30'],
  bad: [
    '1970-01-01T00:00Z',
    '',
    'yesterday',
    '2026-01-01',
    '2026-01-01T00:00:00',
    '2026-13-01T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '0',
  ],
};
const opinion: Bounds = { good: ['confirmed', 'changed', 'withdrawn'], bad: ['', 'unsure', 'Changed'] };
const anyId: Bounds = { good: ['x', '999', '9'.repeat(32)], bad: ['9'.repeat(33)] };
const version: Bounds = { good: ['1', 'x'.repeat(64)], bad: ['x'.repeat(65)] };

/** By name, or `ROUTE name` where one differs. Of paths, an empty value is another path. */
export const parameters: Readonly<Record<string, Bounds>> = {
  limit,
  cursor: row,
  // The cursor is an id there.
  'GET /api/v1/devices cursor': { good: ['', 'a', 'x'.repeat(256)], bad: ['x'.repeat(257)] },
  'GET /api/v1/rollouts cursor': { good: ['', 'r1', 'x'.repeat(256)], bad: ['x'.repeat(257)] },
  'GET /api/v1/rollouts/{id}/devices cursor': { good: ['', 'cam', 'x'.repeat(256)], bad: ['x'.repeat(257)] },
  state: { good: ['waiting', 'approved', 'refused', 'enrolled'], bad: ['', 'open', 'Waiting'] },
  endsInDays: { good: [0, 0.5, 400], bad: [-1, 401, 'soon'] },
  online: { good: ['true', 'false'], bad: ['', 'TRUE', '1', 'yes'] },
  head: {
    good: [`1:${hex(64)}`, `9999999999999999:${hex(64, '0')}`],
    bad: ['', hex(64), `0:${hex(64)}`, `1:${hex(63)}`, `1:${hex(64, 'A')}`, `x:${hex(64)}`],
  },
  actor: { good: ['', 'ann', 'x'.repeat(128)], bad: ['x'.repeat(129)] },
  action: { good: ['', 'device', 'x'.repeat(64)], bad: ['x'.repeat(65)] },
  subject: { good: ['', 'cam', 'x'.repeat(256)], bad: ['x'.repeat(257)] },
  ...logParameters,
  ...identityParameters,
  device: name,
  stream: name,
  rule: name,
  name,
  alias: name,
  since: time,
  until: time,
  label: { good: ['', 'a person', 'x'.repeat(128)], bad: ['x'.repeat(129)] },
  digest,
  // Any other digest than the archive has is refused too.
  'POST /api/v1/models digest': { good: [], bad: digest.bad },
  'POST /api/v1/models labels': { good: ['coco', 'coco91', 'imagenet'], bad: ['', 'COCO', 'voc'] },
  revision: digest,
  status: { good: ['running', 'paused', 'done', 'aborted', 'rolled-back'], bad: ['', 'open', 'Running'] },
  bucketS: { good: [1, 86_400], bad: [0, -1, 86_401, 0.5, 'x', ''] },
  'GET /api/v1/devices/{device}/streams/{stream}/agreement bucketS': {
    good: [60, 2_678_400],
    bad: [59, 2_678_401, 60.5, 'x', ''],
  },
  recentS: { good: [60, 31_536_000], bad: [59, 31_536_001, 60.5, 'x', ''] },
  precision: { good: [0.5, 0.999], bad: [0.499, 1, -1, 'x', ''] },
  id: anyId,
  'GET /api/v1/rollouts/{id} id': name,
  'GET /api/v1/rollouts/{id}/devices id': name,
  'GET /api/v1/rollouts/{id}/waves id': name,
  'GET /api/v1/rollouts/{id}/history id': name,
  'POST /api/v1/rollouts/{id}/pause id': name,
  'POST /api/v1/rollouts/{id}/resume id': name,
  'POST /api/v1/rollouts/{id}/abort id': name,
  version,
  opinion,
  outcome: opinion,
  corrected: { good: ['true'], bad: ['', 'false', '1'] },
  correction: { good: ['right', 'wrong', 'other'], bad: ['', 'maybe', 'Right'] },
  held: { good: ['true'], bad: ['', 'false', '1'] },
  role: { good: ['snapshot', 'timestamp'], bad: ['root', 'targets', 'Snapshot'] },
  file: { good: ['x', 'x'.repeat(64)], bad: ['x'.repeat(65)] },
  alertState: { good: ['firing', 'resolved'], bad: ['', 'open', 'Firing'] },
  channel: name,
  deliveryState: { good: ['waiting', 'delivered', 'failed'], bad: ['', 'open', 'Failed'] },
  range: { good: ['', 'bytes=0-', 'x'], bad: [] },
  'Idempotency-Key': {
    good: ['0123456789abcdef', `"${'x'.repeat(128)}"`],
    bad: ['', '0123456789abcde', 'x'.repeat(129), 'with white space in it', '0123456789abcdef, 0123456789abcdef'],
  },
  'If-Match': {
    good: ['*', '"x"', 'W/"x"', '"x", "y"'],
    bad: ['', 'x', '"x', '"x" "y"', '"x",', `"${'x'.repeat(129)}"`],
  },
  'If-None-Match': { good: ['*', '"x"'], bad: ['', 'x', '*, "x"'] },
  'if-range': { good: ['', '"x"'], bad: [] },
};

const share: Bounds = { good: [0, 0.5, 1], bad: [-0.001, 1.001, '1', null] };
const text128: Bounds = { good: ['x', 'x'.repeat(128)], bad: ['', 'x'.repeat(129), 1, null] };
const soon = 2_592_000;
const nameField: Bounds = { good: NAME_GOOD, bad: [...NAME_BAD, 1, null] };
const required = (bounds: Bounds): Bounds => ({ ...bounds, required: true });
const labelValues: Readonly<Record<string, Bounds>> = { '*': text128 };
const envelope: Readonly<Record<string, Bounds>> = {
  signed: required({ good: [{}], bad: [null, 1, 'x', []] }),
  signatures: required({
    good: [[], Array.from({ length: 64 }, () => ({ keyid: hex(64), sig: hex(128) }))],
    bad: [null, {}, Array.from({ length: 65 }, () => ({ keyid: hex(64), sig: hex(128) }))],
  }),
  'signatures.0': { good: [{ keyid: hex(64), sig: hex(128), more: 1 }], bad: [null, 1, {}] },
  'signatures.0.keyid': required({ good: [hex(64)], bad: ['', hex(63), hex(65), hex(64, 'A'), 1, null] }),
  'signatures.0.sig': required({ good: [hex(128)], bad: ['', hex(127), hex(129), hex(128, 'A'), 1, null] }),
};
const turn: Readonly<Record<string, Bounds>> = {
  waive: {
    good: [[], ['failed', 'agreement', 'error-rate', 'latency', 'drift', 'disagreement']],
    bad: [null, 'failed', Array.from({ length: 7 }, () => 'failed')],
  },
  'waive.0': { good: ['failed'], bad: ['', 'all', 1, null] },
};

/** Of each body: each of its fields, on a body that is good. */
export const bodies: Readonly<
  Record<string, { body: unknown; fields: Readonly<Record<string, Bounds>>; open?: string[] }>
> = {
  ...alertBodies,
  ...identityBodies,
  'POST /api/v1/enrol': {
    body: { claim: 'x', request: 'x' },
    fields: {
      claim: required({ good: ['x', 'x'.repeat(256)], bad: ['', 'x'.repeat(257), 1, null] }),
      request: required({ good: ['x', 'x'.repeat(4096)], bad: ['', 'x'.repeat(4097), 1, null] }),
    },
  },
  'POST /api/v1/renew': {
    body: { request: 'x' },
    fields: { request: required({ good: ['x', 'x'.repeat(4096)], bad: ['', 'x'.repeat(4097), 1, null] }) },
  },
  'POST /api/v1/claims': {
    body: { labels: { site: 'x' } },
    fields: {
      uses: { good: [1, 10_000], bad: [0, 10_001, 1.5, '1', null] },
      days: { good: [0.01, 365], bad: [0, -1, 366, '7', null] },
      labels: { good: [{}, { site: 'x' }], bad: [{ A: 'x' }, 'site=x', null] },
      'labels.*': text128,
      approve: { good: [true, false], bad: ['yes', 1, null] },
    },
    open: ['labels'],
  },
  'POST /api/v1/devices/{device}/revoke': {
    body: {},
    fields: { reason: { good: ['x', 'x'.repeat(256)], bad: ['', ' ', 'x'.repeat(257), 1, null] } },
  },
  'POST /api/v1/erasures': {
    body: { device: 'nobody' },
    fields: {
      device: required(nameField),
      stream: nameField,
      from: { good: ['2026-01-01T00:00:00Z', '1970-01-01T00:00:00.5+02:00'], bad: ['', '2026-01-01', 'now', 1, null] },
      before: {
        good: ['2026-01-01T00:00:00Z', '1970-01-01T00:00:00.5+02:00'],
        bad: ['', '2026-01-01', 'now', '9999-12-31T23:59:59Z', 1, null],
      },
      picturesOnly: { good: [true, false], bad: ['true', 1, null] },
      reason: { good: ['', 'x'.repeat(256)], bad: ['x'.repeat(257), 1, null] },
    },
  },
  ...recordBodies,
  'POST /api/v1/devices': { body: { id: 'a-device' }, fields: { id: required(nameField) }, open: [''] },
  ...logBodies,
  ...thresholdBodies,
  'PUT /api/v1/devices/{device}/labels': { body: { site: 'x' }, fields: labelValues, open: [''] },
  'PUT /api/v1/models/{name}/{version}/labels': { body: { site: 'x' }, fields: labelValues, open: [''] },
  'PUT /api/v1/models/{name}/{version}/metrics': {
    body: { map50: 1 },
    fields: { '*': { good: [0, -1, 1e300], bad: ['1', null, true] } },
    open: [''],
  },
  'PUT /api/v1/models/{name}/aliases/{alias}': {
    body: { version: '1.0.0' },
    fields: { version: required({ good: ['1', 'x'.repeat(64)], bad: ['', 'x'.repeat(65), 1, null] }) },
  },
  'PUT /api/v1/trust/root': {
    body: { signed: {}, signatures: [{ keyid: hex(64), sig: hex(128) }] },
    fields: envelope,
    open: ['', 'signed', 'signatures.0'],
  },
  'PUT /api/v1/trust/targets': {
    body: { signed: {}, signatures: [{ keyid: hex(64), sig: hex(128) }] },
    fields: envelope,
    open: ['', 'signed', 'signatures.0'],
  },
  'POST /api/v1/stream-sets': {
    body: { name: 'site', streams: {} },
    fields: {
      name: required(nameField),
      streams: required({ good: [{}], bad: [null, [], 'x', { A: {} }, { ['z'.repeat(65)]: {} }] }),
    },
    open: ['streams'],
  },
  'POST /api/v1/rollouts': {
    body: {
      target: { kind: 'model', model: 'detector', package: 'bright@1.0.0', proof: {} },
      selector: { labels: { site: ['x'] }, devices: ['cam'] },
      waves: [{ percent: 1 }, { percent: 100 }],
      gates: { drift: {} },
      dryRun: true,
    },
    fields: {
      selector: { good: [{}], bad: [null, []] },
      'selector.labels': { good: [{}], bad: [null, [], { A: 'x' }, { ['z'.repeat(65)]: 'x' }] },
      'selector.labels.*': {
        good: ['x', 'x'.repeat(128), ['x'], Array.from({ length: 64 }, () => 'x')],
        bad: ['', 'x'.repeat(129), [], Array.from({ length: 65 }, () => 'x'), null],
      },
      'selector.labels.*.0': text128,
      'selector.devices': {
        good: [['a'], Array.from({ length: 5000 }, (_, i) => `d${i}`)],
        bad: [[], 'a', null],
      },
      'selector.devices.0': nameField,
      waves: {
        good: [[{ percent: 100 }], [...Array.from({ length: 19 }, () => ({ devices: 1 })), { percent: 100 }]],
        bad: [[], [{ percent: 99 }], [{ devices: 1 }], Array.from({ length: 21 }, () => ({ percent: 100 })), null],
      },
      'waves.0': { good: [{ devices: 1 }], bad: [{}, { percent: 1, devices: 1 }, null] },
      'waves.0.percent': { good: [0.001, 100], bad: [0, -1, 100.01, '1', null] },
      'waves.0.devices': { good: [], bad: [0, -1, 1.5, '1', null, 1] },
      'waves.0.soakS': { good: [0, 0.5, soon], bad: [-1, soon + 1, '1', null] },
      gates: { good: [{}], bad: [null, []] },
      'gates.maxFailed': share,
      'gates.minAgreement': share,
      'gates.maxErrorRate': share,
      'gates.maxLatencyRatio': { good: [0.001, 100], bad: [0, -1, 100.1, '1', null] },
      'gates.drift': { good: [{}], bad: [null, []] },
      'gates.drift.test': { good: ['psi', 'ks'], bad: ['', 'PSI', null] },
      'gates.drift.max': { good: [0.001, 10], bad: [0, -1, 10.1, '1', null] },
      'gates.maxDisagreement': share,
      'gates.minOpinions': { good: [0, 1_000_000], bad: [-1, 0.5, '1', null] },
      'gates.minFrames': { good: [0, 1_000_000], bad: [-1, 0.5, '1', null] },
      quorum: share,
      timeoutS: { good: [1, soon], bad: [0, 0.5, soon + 1, '1', null] },
      onFailure: { good: ['roll-back', 'pause'], bad: ['', 'abort', null] },
      target: required({ good: [], bad: [null, {}, 'bright@1.0.0'] }),
      'target.kind': required({ good: ['model'], bad: ['', 'Model', 'streams', null] }),
      'target.model': required(nameField),
      'target.package': required({
        good: ['bright@1.0.0', 'bright:stable', `${'a'.repeat(64)}@${'1'.repeat(64)}`, 'a@1.0.0-rc.1+b'],
        bad: [
          '',
          'bright',
          'bright@',
          'bright:',
          'Bright@1.0.0',
          `a@${'1'.repeat(65)}`,
          `a:${'b'.repeat(65)}`,
          'a@1@2',
          null,
        ],
      }),
      'target.proof': { good: [{}], bad: [null, []] },
      'target.proof.shadowFrames': { good: [0, 1_000_000], bad: [-1, 0.5, 1_000_001, '1', null] },
      'target.proof.shadowTimeoutS': { good: [1, 604_800], bad: [0, 604_801, '1', null] },
      'target.proof.minAgreement': share,
      'target.proof.maxLatencyRatio': { good: [0.001, 100], bad: [0, -1, 100.1, '1', null] },
      'target.proof.maxErrorRate': share,
      // A target of streams has only these two.
      'target.revision': { good: [], bad: [digest.good[0]], required: true },
      id: nameField,
      dryRun: { good: [true], bad: ['true', 1, null] },
    },
    open: ['selector.labels'],
  },
  'POST /api/v1/rollouts/{id}/pause': { body: { waive: ['failed'] }, fields: turn },
  'POST /api/v1/rollouts/{id}/resume': { body: { waive: ['failed'] }, fields: turn },
  'POST /api/v1/rollouts/{id}/abort': { body: { waive: ['failed'] }, fields: turn },
};
