/** `doctor --broker` against real brokers: sound ones, and ones with faults that it has to name. */
import type { AedesOptions } from 'aedes';
import { describe, expect, onTestFinished, test } from 'vitest';
import { examineConformance } from '../../../cloud-hub/doctor/conformance/conformance.ts';
import { mayPublish, maySubscribe } from '../../../shared/contract/channels.ts';
import type { Finding } from '../../../shared/doctor/finding.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { startBroker } from '../../agent/sync/tiny-hub.ts';
import { hasMosquitto, prepareMosquitto, withoutMosquitto } from '../../support/mosquitto.ts';
import { tempFolder } from '../../support/temp.ts';

const HUB = { username: 'the-hub', password: 'of-the-hub' };
const DEVICE = { id: 'probe', password: 'of-the-probe' };
const clock = systemClock;

async function aedes(options: AedesOptions): Promise<string> {
  const broker = await startBroker(options);
  onTestFinished(() => broker.stop());
  return broker.url;
}

/** Names and rights as they should be, but for what `more` changes. */
function strict(more: AedesOptions = {}): AedesOptions {
  const users = new Map<unknown, string | undefined>();
  const passwords = new Map([
    [HUB.username, HUB.password],
    [DEVICE.id, DEVICE.password],
  ]);
  const isHub = (client: unknown) => users.get(client) === HUB.username;
  return {
    authenticate(client, username, password, done) {
      users.set(client, username);
      done(null, username !== undefined && passwords.get(username) === password?.toString());
    },
    authorizePublish(client, packet, done) {
      const allowed = client === null || isHub(client) || mayPublish(users.get(client) ?? '', packet.topic);
      done(allowed ? null : new Error('foreign topic'));
    },
    authorizeSubscribe(client, subscription, done) {
      done(null, isHub(client) || maySubscribe(users.get(client) ?? '', subscription.topic) ? subscription : null);
    },
    ...more,
  };
}

const levels = (findings: readonly Finding[]) =>
  Object.fromEntries(findings.map(({ subject, level }) => [subject, level]));
const textOf = (findings: readonly Finding[], subject: string) => findings.find((one) => one.subject === subject)?.text;

const SOUND = {
  version: 'ok',
  'QoS 1 and wildcards': 'ok',
  'message size': 'ok',
  'retained messages': 'ok',
  'last will': 'ok',
  'clean sessions': 'ok',
  'one connection an id': 'ok',
  keepalive: 'ok',
  strangers: 'ok',
  rights: 'ok',
  'shared subscriptions': 'ok',
} as const;

test('aedes with names and rights is sound, in MQTT 3.1.1 and for one hub', async () => {
  const url = await aedes(strict());
  const findings = await examineConformance({ hub: { url, ...HUB }, device: DEVICE, clock });
  expect(levels(findings)).toEqual({ ...SOUND, version: 'note', 'shared subscriptions': 'note' });
  expect(textOf(findings, 'keepalive')).toMatch(/^a silent client with a keepalive of 1 s is ended after [1-7]\.\d s$/);
});

describe.skipIf(!hasMosquitto)(`Mosquitto${withoutMosquitto}`, () => {
  test('with the files of `npm run mosquitto` is sound', async () => {
    const broker = await prepareMosquitto(tempFolder());
    onTestFinished(() => broker.kill());
    await broker.start();
    broker.setTokens({ [DEVICE.id]: DEVICE.password });
    const { username, password } = broker.hub;
    const hub = { url: broker.url, username, password };
    const findings = await examineConformance({ hub, device: DEVICE, clock });
    // What it has to say of `$share`, its rights do not let the hub read.
    const { 'shared subscriptions': _, ...rest } = levels(findings);
    const { 'shared subscriptions': __, ...sound } = SOUND;
    expect(rest).toEqual(sound);
  });
});

test('what a broker lets strangers and devices do is named', async () => {
  const url = await aedes(
    strict({
      authenticate: (_client, _username, _password, done) => done(null, true),
      authorizePublish: (_client, _packet, done) => done(null),
      authorizeSubscribe: (_client, subscription, done) => done(null, subscription),
    }),
  );
  const findings = await examineConformance({ hub: { url, ...HUB }, device: DEVICE, clock });
  expect(levels(findings)).toMatchObject({ strangers: 'broken', rights: 'broken', 'last will': 'ok' });
  expect(textOf(findings, 'strangers')).toBe('it takes clients without a name and with a wrong password');
  for (const said of [
    "publishes in another device's name",
    'sends itself commands',
    'reads what another',
    'everything',
  ])
    expect(textOf(findings, 'rights')).toContain(said);
  // Without a device of its own nobody asked for rights.
  const open = await examineConformance({ hub: { url }, clock });
  expect(levels(open)).toMatchObject({ strangers: 'note', rights: 'note' });
});

test('a broker that keeps nothing, takes no large message and loses some is told so', async () => {
  const MiB = 1024 * 1024;
  let seen = 0;
  const url = await aedes({
    authorizePublish(_client, packet, done) {
      packet.retain = false;
      const isLarge = packet.payload.length > MiB;
      const isLost = packet.topic.endsWith('/report') && seen++ % 5 === 0;
      // As a broker does that drops silently: confirmed, and of a topic that nobody hears.
      if (isLarge || isLost) packet.topic = 'dropped';
      done(null);
    },
  });
  const findings = await examineConformance({ hub: { url }, clock });
  expect(levels(findings)).toMatchObject({
    'QoS 1 and wildcards': 'broken',
    'message size': 'broken',
    'retained messages': 'broken',
    'clean sessions': 'ok',
  });
  expect(textOf(findings, 'message size')).toBe(
    '4096 KiB do not pass (it was confirmed and never delivered); 1024 KiB do',
  );
  expect(textOf(findings, 'QoS 1 and wildcards')).toMatch(
    /^it confirmed 20 messages on .*\/up\/report, and delivered 16$/,
  );
  expect(textOf(findings, 'retained messages')).toBe('who subscribes later hears nothing');
  for (const { level, advice } of findings) if (level === 'broken') expect(advice).toBeTruthy();
});

test('no broker, and one that refuses the hub: one finding that says so', async () => {
  const gone = await startBroker();
  await gone.stop();
  const [none, ...more] = await examineConformance({ hub: { url: gone.url }, clock });
  expect(more).toEqual([]);
  expect(none).toMatchObject({ subject: 'connection', level: 'broken', text: expect.stringContaining('ECONNREFUSED') });
  const url = await aedes(strict());
  const findings = await examineConformance({ hub: { url, ...HUB, password: 'wrong' }, clock });
  expect(findings).toMatchObject([{ subject: 'connection', level: 'broken' }]);
});
