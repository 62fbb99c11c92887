/**
 * Rights at the three brokers: 100,000 random cases against an oracle that was written from the text of the contract (ARCHITECTURE 3.3), and
 * some of them against a real Mosquitto: `VEDETTE_TEST_RIGHTS` says how many (`npm run proof -- rights`: as many).
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import { refusePublish, refuseSubscribe } from '../../cloud-hub/broker/access.ts';
import { aclFile, passwordLine } from '../../cloud-hub/broker/mosquitto/files.ts';
import { emqxAcl } from '../../deploy/emqx/acl.ts';
import { freePort } from '../support/free-port.ts';
import { createMosquitto, hasMosquitto, withoutMosquitto } from '../support/mosquitto.ts';
import { seeded } from '../support/random.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';

const HUB = 'vedette-hub';
const ON_MOSQUITTO = Number(process.env.VEDETTE_TEST_RIGHTS ?? 1_000);
/** Messages under way at once: the broker queues as many for each client. */
const AT_ONCE = 500;
/** Where EMQX puts the user name of the client. */
const USER = ['$', '{username}'].join('');
const UP = ['status', 'records', 'report', 'preview', 'sample', 'log'];
const DOWN = ['desired', 'ack', 'command', 'verdict'];

/** May it publish there? "A device may publish only under its own up/"; the hub sends what is below down/. */
function oraclePublish(who: string, topic: string): boolean {
  const [a, b, device, side, channel = '', ...more] = topic.split('/');
  // The hub is no device.
  if (a !== 'vedette' || b !== 'v1' || more.length > 0 || device === undefined || device === HUB) return false;
  if (who === HUB) return side === 'down' && DOWN.includes(channel);
  return device === who && side === 'up' && UP.includes(channel);
}

/** May it get what is published there? A device what is below its own down/, the hub what devices send. */
function oracleRead(who: string, topic: string): boolean {
  const [a, b, device, side, ...rest] = topic.split('/');
  if (a !== 'vedette' || b !== 'v1' || device === undefined || device === HUB) return false;
  if (who === HUB) return side === 'up' && rest.length === 1 && UP.includes(rest[0] ?? '');
  // `down/#` also means `down` itself (MQTT 3.1.1, 4.7.1.2), which nobody may publish to.
  return device === who && side === 'down';
}

const people = ['cam', 'cam-2', 'c', 'other', HUB];
type Draw = <T>(of: readonly T[]) => T;

/** Near the topics that there are, because far ones are refused by everybody. */
function topicNear(draw: Draw, chance: () => number): string {
  const parts = [
    draw(['vedette', 'vedette', 'vedette', 'Vedette', '']),
    draw(['v1', 'v1', 'v1', 'v2']),
    draw([...people, 'cam ', 'CAM', '']),
    draw(['up', 'down', 'down', 'up', 'UP', '']),
    draw([...UP, ...DOWN, 'x', '']),
  ];
  const turn = chance();
  if (turn < 0.05) parts.splice(draw([0, 1, 2, 3, 4]), 1);
  else if (turn < 0.1) parts.splice(draw([0, 1, 2, 3, 4]), 0, draw(['x', 'up', 'cam']));
  else if (turn < 0.15) parts.push(draw(['x', '']));
  return parts.join('/');
}

function drawing(seed: number) {
  const random = seeded(seed);
  const draw: Draw = (of) => of[Math.floor(random() * of.length)] as (typeof of)[number];
  return { draw, chance: random };
}

/** Does a filter match a topic (MQTT 3.1.1, 4.7)? */
function matches(filter: string, topic: string): boolean {
  const [f, t] = [filter.split('/'), topic.split('/')];
  for (const [i, part] of f.entries()) {
    if (part === '#') return true;
    if (i >= t.length || (part !== '+' && part !== t[i])) return false;
  }
  return f.length === t.length || (f[t.length] === '#' && f.length === t.length + 1);
}

/** The rules of a Mosquitto acl file (mosquitto.conf(5)): what is not named is denied. */
function mosquittoRules(text: string) {
  let user: string | undefined;
  const rules = text.split('\n').flatMap((line) => {
    const [kind = '', first = '', second = ''] = line.split(' ');
    if (kind === 'user') user = first;
    if (kind === 'pattern') return [{ user: undefined, access: first, filter: second }];
    return kind === 'topic' ? [{ user, access: first, filter: second }] : [];
  });
  const isDenied = (who: string, topic: string) =>
    rules.some((r) => r.access === 'deny' && r.user === who && matches(r.filter, topic));
  return (who: string, access: 'read' | 'write', topic: string) =>
    !isDenied(who, topic) &&
    rules.some(
      (r) =>
        r.access === access && (r.user === undefined || r.user === who) && matches(r.filter.replace('%u', who), topic),
    );
}

/** The rules of an EMQX acl file: the first that fits decides. */
function emqxRules(text: string) {
  const rules = text.split('\n').flatMap((line) => {
    const [, effect, who, action, topics] =
      /^\{(allow|deny), (all|\{user, "[^"]*"\})(?:, (\w+), \[(.*)\])?\}\.$/.exec(line) ?? [];
    if (effect === undefined) return [];
    const list = topics === undefined ? ['#'] : [...topics.matchAll(/"([^"]*)"/g)].map((m) => m[1] ?? '');
    return [{ effect, user: /"(.*)"/.exec(who ?? '')?.[1], action: action ?? 'all', topics: list }];
  });
  return (who: string, action: 'publish' | 'subscribe', topic: string) =>
    rules.find(
      (r) =>
        (r.user === undefined || r.user === who) &&
        (r.action === 'all' || r.action === action) &&
        r.topics.some((filter) => matches(filter.replace(USER, who), topic)),
    )?.effect === 'allow';
}

test('100,000 random cases: the embedded broker, the file of Mosquitto and the file of EMQX agree with the oracle', () => {
  const { draw, chance } = drawing(1);
  const [mosquitto, emqx] = [mosquittoRules(aclFile()), emqxRules(emqxAcl())];
  const wrong: string[] = [];
  let allowed = 0;
  for (let i = 0; i < 100_000; i++) {
    const who = draw(people);
    const topic = topicNear(draw, chance);
    const act = draw(['publish', 'read'] as const);
    const truth = act === 'publish' ? oraclePublish(who, topic) : oracleRead(who, topic);
    if (truth) allowed++;
    const judged: Record<string, boolean> = {
      mosquitto: mosquitto(who, act === 'publish' ? 'write' : 'read', topic),
      emqx: emqx(who, act === 'publish' ? 'publish' : 'subscribe', topic),
    };
    // The hub is no client of its embedded broker; a device asks for exact topics of the table, or for all of its own.
    if (who !== HUB && act === 'publish')
      judged.embedded = refusePublish(who, { topic, payload: '', qos: 0 }) === undefined;
    if (who !== HUB && act === 'read') {
      const isExact = truth && DOWN.includes(topic.split('/')[4] ?? '') && topic.split('/').length === 5;
      if ((refuseSubscribe(who, topic) === undefined) !== isExact)
        wrong.push(`embedded: ${who} subscribes to ${topic}`);
    }
    for (const [broker, answer] of Object.entries(judged))
      if (answer !== truth) wrong.push(`${broker}: ${who} ${act} ${topic}: ${answer}`);
  }
  expect(wrong.slice(0, 10)).toEqual([]);
  // Both answers are common enough to mean something.
  expect(allowed).toBeGreaterThan(1_500);
});

test.skipIf(!hasMosquitto)(
  `a real Mosquitto agrees on ${ON_MOSQUITTO.toLocaleString('en')} of them${withoutMosquitto}`,
  { timeout: 60_000 + ON_MOSQUITTO * 20 },
  async () => {
    const folder = tempFolder();
    const port = await freePort();
    const at = (name: string, text: string) => {
      writeFileSync(path.join(folder, name), text);
      return path.join(folder, name);
    };
    const users = [...people, 'watcher'];
    const config = [
      `listener ${port} 127.0.0.1`,
      'allow_anonymous false',
      `password_file ${at('passwords', `${users.map((user) => passwordLine(user, 'x')).join('\n')}\n`)}`,
      `acl_file ${at('acl', `${aclFile()}user watcher\ntopic readwrite #\n`)}`,
      'max_queued_messages 10000',
      'user root',
    ];
    const broker = createMosquitto(at('mosquitto.conf', `${config.join('\n')}\n`), port);
    onTestFinished(() => broker.kill());
    await broker.start();
    const got = new Map<string, Set<string>>(users.map((user) => [user, new Set()]));
    const clients = new Map<string, MqttClient>();
    for (const user of users) {
      const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { username: user, password: 'x', clientId: user });
      onTestFinished(() => void client.end(true));
      client.on('message', (topic, payload) => got.get(user)?.add(`${payload} ${topic}`));
      await client.subscribeAsync('#', { qos: 1 });
      clients.set(user, client);
    }
    const { draw, chance } = drawing(2);
    const cases = Array.from({ length: ON_MOSQUITTO }, (_, id) => ({
      id,
      who: draw(people),
      topic: topicNear(draw, chance),
      isPublish: chance() < 0.5,
    }));
    // A topic of no characters is none (MQTT 3.1.1, 4.7.3).
    const asked = cases.filter(({ topic }) => topic !== '');
    for (let from = 0; from < asked.length; from += AT_ONCE)
      await Promise.all(
        asked
          .slice(from, from + AT_ONCE)
          .map(({ id, who, topic, isPublish }) =>
            clients.get(isPublish ? who : 'watcher')?.publishAsync(topic, String(id), { qos: 1 }),
          ),
      );
    for (const user of people)
      await clients
        .get('watcher')
        ?.publishAsync(user === HUB ? 'vedette/v1/cam/up/status' : `vedette/v1/${user}/down/ack`, 'end', { qos: 1 });
    await until(
      () => people.every((user) => [...(got.get(user) ?? [])].some((line) => line.startsWith('end '))),
      'all messages have come',
      60_000,
    );
    const wrong = asked.flatMap(({ id, who, topic, isPublish }) => {
      const arrived = got.get(isPublish ? 'watcher' : who)?.has(`${id} ${topic}`) ?? false;
      const truth = isPublish ? oraclePublish(who, topic) : oracleRead(who, topic);
      return arrived === truth ? [] : [`${who} ${isPublish ? 'publishes' : 'reads'} ${topic}: ${arrived}`];
    });
    expect(wrong.slice(0, 10)).toEqual([]);
    const allowed = asked.filter(({ who, topic, isPublish }) =>
      isPublish ? oraclePublish(who, topic) : oracleRead(who, topic),
    ).length;
    expect(allowed).toBeGreaterThan(ON_MOSQUITTO * 0.01);
    console.info(`${asked.length} cases, ${allowed} of them allowed`);
  },
);
