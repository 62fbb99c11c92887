/** Who may what. Only with a device of its own: without one the broker is open, and this says so. */
import { filterOfAll, ownDownFilter, topicOf } from '../../../../shared/contract/channels.ts';
import { type Finding, finding } from '../../../../shared/doctor/finding.ts';
import { messageOf } from '../../../../shared/kit/errors.ts';
import type { Check, Surroundings } from '../check.ts';
import { nobody, openProbe } from '../probe.ts';

const QUIET_MS = 500;
const OTHER = 'vedette-doctor-other';
const FILES =
  '`npm run mosquitto -- files` writes rights for Mosquitto; others: clause 1 of the table in shared/contract/channels.ts';

export const strangers: Check = {
  subject: 'strangers',
  why: 'whoever comes in can send records in the name of a device',
  async run({ roles, version, clock }) {
    const anonymous = nobody(roles.device);
    const attempts = [
      { who: 'without a name', login: anonymous },
      { who: 'with a wrong password', login: { ...anonymous, username: roles.id, password: 'wrong' } },
    ];
    const taken: string[] = [];
    for (const { who, login } of attempts) {
      const probe = await openProbe({ login, clientId: `device-${roles.id}-stranger`, version, clock }).catch(
        () => undefined,
      );
      if (probe) taken.push(who);
      await probe?.end();
    }
    if (taken.length === 0) return 'who has no name or a wrong password is refused';
    const text = `it takes clients ${taken.join(' and ')}`;
    // With certificates the broker may take no passwords at all.
    return finding('strangers', roles.isStrict ? 'broken' : 'note', text, 'close it before others can reach it');
  },
};

export const rights: Check = {
  subject: 'rights',
  why: 'a device may publish under its own `up/` and read its own `down/`, nothing else (ARCHITECTURE 3.3)',
  async run(around) {
    if (!around.roles.isStrict)
      return finding('rights', 'note', 'not checked: name a device that nothing else uses (--broker-device)');
    const wrong = [...(await foreignPublish(around)), ...(await foreignSubscribe(around))];
    if (wrong.length > 0) return finding('rights', 'broken', wrong.join('; '), FILES);
    return 'a device reaches neither the topics of others nor its own in the wrong direction';
  },
};

/** Refused, ignored, or the end of the connection: each keeps it from others. */
async function foreignPublish({ open, roles }: Surroundings): Promise<string[]> {
  const [hub, device] = [await open('hub'), await open('device')];
  const [foreign, command] = [topicOf(OTHER, 'report'), topicOf(roles.id, 'command')];
  await hub.subscribe(filterOfAll('report'));
  await device.subscribe(ownDownFilter(roles.id));
  await device.publish(command, 'own').catch(() => undefined);
  const sendsItself = await device.next(command, QUIET_MS);
  const again = await open('device');
  await again.publish(foreign, 'foreign').catch(() => undefined);
  const isForeign = await hub.next(foreign, QUIET_MS);
  return [
    ...(isForeign ? ["a device publishes in another device's name"] : []),
    ...(sendsItself ? ['a device sends itself commands'] : []),
  ];
}

async function foreignSubscribe({ open }: Surroundings): Promise<string[]> {
  const wrong: string[] = [];
  const topic = topicOf(OTHER, 'command');
  const hub = await open('hub');
  for (const [filter, what] of [
    [ownDownFilter(OTHER), 'what another one is told'],
    ['#', 'everything'],
  ] as const) {
    const device = await open('device');
    await device.subscribe(filter).catch(() => undefined);
    await hub.publish(topic, what).catch(() => undefined);
    if (await device.next(topic, QUIET_MS)) wrong.push(`a device reads ${what}`);
  }
  return wrong;
}

/** Nothing else can be looked at then. */
export function refusedFinding(error: unknown): Finding {
  return finding(
    'connection',
    'broken',
    messageOf(error),
    'does the broker run, and do user, password and authority fit?',
  );
}
