/**
 * `vedette-hub doctor --broker URL`: does a broker do what the contract needs of it? One check after the other, because a broker
 * may allow one connection a user, as ours does; all take about ten seconds, most of it for a keepalive.
 */
import { randomBytes } from 'node:crypto';
import { type Finding, finding } from '../../../shared/doctor/finding.ts';
import type { Clock } from '../../../shared/kit/clock.ts';
import { messageOf } from '../../../shared/kit/errors.ts';
import { type Check, type Roles, surroundings } from './check.ts';
import { delivery, shared } from './checks/delivery.ts';
import { keepalive } from './checks/keepalive.ts';
import { refusedFinding, rights, strangers } from './checks/rights.ts';
import { size } from './checks/size.ts';
import { cleanSession, retained, takeover, will } from './checks/state.ts';
import { type Login, nobody, openProbe } from './probe.ts';

const CHECKS: readonly Check[] = [
  delivery,
  size,
  retained,
  will,
  cleanSession,
  takeover,
  keepalive,
  strangers,
  rights,
  shared,
];
const VERSIONS = [
  { version: 5, name: '5' },
  { version: 4, name: '3.1.1' },
] as const;

export interface Conformance {
  /** Of the hub at this broker. */
  readonly hub: Login;
  /** A device that nothing else uses. Undefined: one is made up, with the login of the hub. */
  readonly device?: { readonly id: string; readonly password: string } | undefined;
  readonly clock: Clock;
}

/** Longer than all checks take. */
const AWAKE_MS = 600_000;

/** What each check found; no check throws. */
export async function examineConformance(options: Conformance): Promise<Finding[]> {
  const done = new AbortController();
  // Where the broker has ended every connection, nothing else keeps the process alive while an answer is waited for.
  options.clock.sleep(AWAKE_MS, done.signal).catch(() => undefined);
  try {
    return await examineAll(options);
  } finally {
    done.abort();
  }
}

async function examineAll({ hub, device, clock }: Conformance): Promise<Finding[]> {
  const unique = () => randomBytes(4).toString('hex');
  const id = device?.id ?? `vedette-doctor-${unique()}`;
  // The certificate of the hub would make everybody the hub.
  const own = device ? { ...nobody(hub), username: device.id, password: device.password } : hub;
  const roles: Roles = { hub, device: own, id, isStrict: device !== undefined };
  const versions = await spoken(roles, clock);
  const version = versions.spoken[0];
  if (version === undefined) return [refusedFinding(versions.why)];
  const found = [versionFinding(versions.spoken)];
  for (const check of CHECKS) found.push(await examine(check, { roles, version, clock }, unique));
  return found;
}

async function spoken({ hub, device, id }: Roles, clock: Clock) {
  const spoken: (4 | 5)[] = [];
  let why: unknown;
  for (const { version } of VERSIONS) {
    try {
      for (const login of [hub, device]) {
        const probe = await openProbe({ login, clientId: `device-${id}-version`, version, clock });
        await probe.end();
      }
      spoken.push(version);
    } catch (error) {
      why ??= error;
    }
  }
  return { spoken, why };
}

function versionFinding(spoken: readonly (4 | 5)[]): Finding {
  const names = VERSIONS.filter(({ version }) => spoken.includes(version)).map(({ name }) => name);
  const text = `speaks MQTT ${names.join(' and ')}`;
  if (!spoken.includes(4)) return finding('version', 'broken', `${text} only`, 'devices speak MQTT 3.1.1: allow it');
  if (!spoken.includes(5)) return finding('version', 'note', `${text} only`, 'start the hub with --mqtt-version 3.1.1');
  return finding('version', 'ok', text);
}

async function examine(
  check: Check,
  base: { readonly roles: Roles; readonly version: 4 | 5; readonly clock: Clock },
  unique: () => string,
): Promise<Finding> {
  const around = surroundings(base, unique);
  try {
    const found = await check.run(around);
    return typeof found === 'string' ? finding(check.subject, 'ok', found) : found;
  } catch (error) {
    return finding(check.subject, 'broken', messageOf(error), `needed: ${check.why}`);
  } finally {
    await around.close();
  }
}
