/** Bounds of the bodies of alerts, for the table of all bodies. */
import type { Bounds } from './bounds-table.ts';

const required = (bounds: Bounds): Bounds => ({ ...bounds, required: true });
const NAME_BAD = ['', 'z'.repeat(65), 'A', 'a b', 1, null];
const name: Bounds = { good: ['a', 'z'.repeat(64)], bad: NAME_BAD };
const text = (most: number): Bounds => ({ good: ['x', 'x'.repeat(most)], bad: ['', 'x'.repeat(most + 1), 1, null] });
const week = 604_800;
const seconds: Bounds = { good: [0, 0.5, week], bad: [-1, week + 1, '1', null] };
/** Fields that the condition of the body does not have: given there, they are refused. */
const ofAnother = (...values: unknown[]): Bounds => ({ good: [], bad: [...values, null] });
const labels = {
  good: [{}],
  bad: [null, [], { A: 'x' }, { ['z'.repeat(65)]: 'x' }],
};
const selector = {
  selector: { good: [{}], bad: [null, []] },
  'selector.labels': labels,
  'selector.labels.*': {
    good: ['x', 'x'.repeat(128), ['x'], Array.from({ length: 64 }, () => 'x')],
    bad: ['', 'x'.repeat(129), [], Array.from({ length: 65 }, () => 'x'), null],
  },
  'selector.labels.*.0': text(128),
  'selector.devices': { good: [['a'], Array.from({ length: 5000 }, (_, i) => `d${i}`)], bad: [[], 'a', null] },
  'selector.devices.0': name,
};
const someone = { labels: { site: ['x'] }, devices: ['cam'] };
const anyMinute = { cron: ['* * * * *'], timezone: 'UTC' };
/** Hours, under this name of the body. */
const hours = (field: string): Readonly<Record<string, Bounds>> => ({
  [field]: {
    good: [{ cron: ['* 8-17 * * 1-5'] }, { cron: ['0-29 2 * * 0', '* 3 1 1,7 *'], timezone: 'Europe/Berlin' }],
    bad: [null, [], '* * * * *', {}],
  },
  [`${field}.cron`]: required({
    good: [Array.from({ length: 32 }, () => '* * * * *')],
    bad: [[], null, '* * * * *', Array.from({ length: 33 }, () => '* * * * *')],
  }),
  [`${field}.cron.0`]: { good: ['0 0 * * 7'], bad: ['', '* * * *', '* 24 * * *', '* * * * * *', '@daily', 1, null] },
  [`${field}.timezone`]: { good: ['Europe/Berlin', 'UTC'], bad: ['', 'Mars/North', 'x'.repeat(65), 1, null] },
});
const time: Bounds = { good: ['2099-01-01T00:00:00Z'], bad: ['', 'tomorrow', '2099-01-01', 1, null] };

const url: Bounds = {
  good: ['http://127.0.0.1:9/', `https://hub.example/${'x'.repeat(2028)}`],
  bad: [
    '',
    'hub.example',
    'ftp://h/',
    'http://user:pass@h/',
    'file:///etc/passwd',
    1,
    null,
    `http://h/${'x'.repeat(2048)}`,
  ],
};
const states = ['starting', 'running', 'stalled', 'waiting', 'refused', 'ended'];

export const alertBodies = {
  'PUT /api/v1/alert-rules/{name}': {
    body: {
      selector: someone,
      condition: { kind: 'event', count: 2, withinS: 60 },
      hours: anyMinute,
      steps: [{ afterS: 60, channels: ['hook'] }],
      channels: [],
    },
    fields: {
      enabled: { good: [true, false], bad: ['yes', 1, null] },
      severity: { good: ['info', 'warning', 'critical'], bad: ['', 'Info', 1, null] },
      ...selector,
      condition: required({
        good: [
          { kind: 'offline' },
          { kind: 'loss' },
          { kind: 'problem', code: 'x', stream: 'door' },
          { kind: 'reading', channel: 'x', above: 1, clear: 0 },
          { kind: 'reading', below: 1, clear: 2 },
          { kind: 'change', channel: 'x', above: 1, clear: 0, withinS: 60 },
          { kind: 'rate', label: 'person', below: 1, withinS: 3600 },
          { kind: 'absence', afterS: 1, of: 'event' },
          { kind: 'buffer', above: 1000 },
          { kind: 'disk', below: 500, clear: 1000 },
          { kind: 'clock', above: 1000, clear: 10 },
          { kind: 'certificate', days: 14 },
          { kind: 'version', version: '1.4' },
          { kind: 'stream', states },
          { kind: 'picture', faults: ['frozen', 'covered', 'dark'] },
          { kind: 'drift' },
          { kind: 'drift', above: 0.2, clear: 0.1, withinS: 60, agoS: 86_400, stream: 'door' },
        ],
        bad: [
          null,
          [],
          {},
          { kind: 'event', count: 2 },
          { kind: 'offline', above: 1 },
          { kind: 'reading' },
          { kind: 'reading', above: 1, below: 2 },
          { kind: 'change', above: 1 },
          { kind: 'change', below: 1, withinS: 60 },
          { kind: 'rate', withinS: 60 },
          { kind: 'rate', above: 1, below: 2, withinS: 60 },
          { kind: 'reading', above: 1, clear: 2 },
          { kind: 'reading', below: 1, clear: 0 },
          { kind: 'buffer' },
          { kind: 'disk' },
          { kind: 'disk', above: 1 },
          { kind: 'disk', below: 1000, clear: 500 },
          { kind: 'absence', afterS: 0 },
          { kind: 'absence', afterS: week + 1 },
          { kind: 'absence', afterS: 1, of: 'poem' },
          { kind: 'certificate', days: -1 },
          { kind: 'certificate', days: 401 },
          { kind: 'version', version: 'latest' },
          { kind: 'version' },
          { kind: 'stream', states: [] },
          { kind: 'stream', states: ['broken'] },
          { kind: 'picture' },
          { kind: 'drift', agoS: 59 },
          { kind: 'drift', agoS: 5 * week + 1 },
          { kind: 'drift', above: 0.1, clear: 0.2 },
          { kind: 'picture', faults: [] },
          { kind: 'picture', faults: ['ugly'] },
        ],
      }),
      'condition.kind': required({ good: ['problem'], bad: ['', 'Event', 'script', 1, null] }),
      'condition.stream': name,
      'condition.rule': name,
      'condition.ruleKind': text(32),
      'condition.label': text(128),
      'condition.action': text(32),
      'condition.minScore': { good: [0, 1], bad: [-0.1, 1.1, '1', null] },
      'condition.code': ofAnother('x'),
      'condition.count': { good: [1, 1000], bad: [0, 1001, 1.5, '1', null] },
      'condition.withinS': { good: [1, 86_400], bad: [0, 86_401, '1', null] },
      'condition.verdictS': { good: [1, 600], bad: [0, 601, 1.5, '1', null] },
      'condition.channel': ofAnother('x'),
      'condition.above': ofAnother(1),
      'condition.below': ofAnother(1),
      'condition.clear': ofAnother(1),
      'condition.of': ofAnother('event'),
      'condition.afterS': ofAnother(60),
      'condition.agoS': ofAnother(60),
      'condition.days': ofAnother(14),
      'condition.version': ofAnother('1.4.0'),
      'condition.states': ofAnother(['stalled']),
      'condition.faults': ofAnother(['frozen']),
      'condition.states.0': { good: [], bad: [] },
      'condition.faults.0': { good: [], bad: [] },
      forS: seconds,
      keepS: seconds,
      waitS: seconds,
      everyS: seconds,
      repeatS: seconds,
      notifyEnd: { good: [true, false], bad: ['yes', 1, null] },
      channels: { good: [[]], bad: [null, 'hook', Array.from({ length: 17 }, () => 'hook')] },
      'channels.0': { good: [], bad: [] },
      steps: {
        good: [[]],
        bad: [
          null,
          {},
          [{ afterS: 0, channels: ['hook'] }],
          [{ afterS: 60, channels: [] }],
          [{ afterS: week + 1, channels: ['hook'] }],
          [
            { afterS: 60, channels: ['hook'] },
            { afterS: 60, channels: ['hook'] },
          ],
          Array.from({ length: 6 }, (_, n) => ({ afterS: n + 1, channels: ['hook'] })),
        ],
      },
      'steps.0': { good: [], bad: [] },
      'steps.0.afterS': required({ good: [1, week], bad: [0, week + 1, '1', null] }),
      'steps.0.channels': required({ good: [], bad: [null, 'hook', [], Array.from({ length: 17 }, () => 'hook')] }),
      'steps.0.channels.0': { good: [], bad: [] },
      ...hours('hours'),
      title: text(200),
      text: text(2000),
    },
    open: ['selector.labels'],
  },
  'PUT /api/v1/alert-channels/{name}': {
    body: { kind: 'webhook', url: 'http://127.0.0.1:9/', secret: 'long enough' },
    fields: {
      kind: required({ good: ['alertmanager'], bad: ['', 'Webhook', 'ntfy', 'mqtt', 'email', 1, null] }),
      url,
      topic: ofAnother('x'),
      host: ofAnother('h'),
      port: ofAnother(25),
      tls: ofAnother('tls'),
      user: ofAnother('x'),
      from: ofAnother('a@example.com'),
      to: ofAnother(['a@example.com']),
      'to.0': { good: [], bad: [] },
      pictures: { good: [true, false], bad: ['yes', 1, null] },
      users: ofAnother(['ann']),
      'users.0': { good: [], bad: [] },
      secret: { good: ['x'.repeat(8), 'x'.repeat(1024)], bad: ['', 'x'.repeat(7), 'x'.repeat(1025), 1, null] },
    },
  },
  // A token that no hub made is refused at the field's bounds as anywhere: with 401.
  'POST /api/v1/alert-acknowledgements': {
    body: { token: 'x.y' },
    fields: { token: required({ good: [], bad: ['', 'x'.repeat(2049), 1, null] }) },
  },
  'POST /api/v1/push-subscriptions': {
    body: {
      endpoint: 'https://push.example.com/a',
      keys: { p256dh: `B${'A'.repeat(86)}`, auth: 'A'.repeat(22) },
      browser: 'Chrome',
    },
    fields: {
      endpoint: required({
        good: [`https://push.example.com/${'x'.repeat(2048 - 25)}`],
        bad: [
          '',
          'http://push.example.com/',
          'push.example.com',
          1,
          null,
          `https://push.example.com/${'x'.repeat(2024)}`,
        ],
      }),
      keys: required({ good: [], bad: [null, [], {}] }),
      'keys.p256dh': required({ good: [`B${'_'.repeat(86)}`], bad: ['', 'A'.repeat(86), 'A'.repeat(89), 1, null] }),
      'keys.auth': required({ good: [`${'-'.repeat(22)}==`], bad: ['', 'A'.repeat(21), 'A'.repeat(23), 1, null] }),
      browser: text(64),
    },
  },
  'POST /api/v1/alert-silences': {
    body: { rules: ['line'], selector: someone, endsAt: '2099-01-01T00:00:00Z', schedule: anyMinute },
    fields: {
      rules: {
        good: [['a'], Array.from({ length: 100 }, () => 'a')],
        bad: [[], 'a', null, Array.from({ length: 101 }, () => 'a')],
      },
      'rules.0': name,
      ...selector,
      startsAt: {
        good: ['2098-06-01T00:00:00Z'],
        bad: ['', 'now', 1, null, '2099-01-01T00:00:00Z', '2080-01-01T00:00:00Z'],
      },
      endsAt: required(time),
      ...hours('schedule'),
      comment: text(256),
    },
    open: ['selector.labels'],
  },
};
