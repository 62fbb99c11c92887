/**
 * How the hub reaches a broker that it keeps the files of: both trust the hub's own authority, and the hub proves itself with a
 * certificate that it makes for itself. Its key is in memory alone.
 */
import type { Clock } from '../../shared/kit/clock.ts';
import { DAY_MS } from '../../shared/kit/durations.ts';
import type { ClientCredentials } from '../../shared/pki/dial.ts';
import { keyPem, newKey } from '../../shared/pki/keys.ts';
import { openMqttStream } from '../../shared/pki/mqtt-stream.ts';
import { pemOf } from '../../shared/pki/pem.ts';
import { exactTime } from '../../shared/pki/time.ts';
import type { HubAuthority } from '../pki/authority.ts';
import { RESERVED_NAMES } from '../pki/reserved.ts';
import type { ExternalBrokerOptions } from './external.ts';

const DAYS = 30;
/** So old a certificate is not used again: a connection may last long. */
const RENEW_MS = DAY_MS;
const CONNECT_MS = 10_000;

/** @param url `mqtts://NAME:PORT` */
export function ownConnection(
  authority: HubAuthority,
  url: string,
  protocolVersion: 4 | 5,
  clock: Clock,
): ExternalBrokerOptions['connection'] {
  const credentials = ownCredentials(authority, clock.wall);
  const time = () => exactTime(clock.wall());
  const open = async (signal: AbortSignal) =>
    openMqttStream(url, {
      ...{ trust: { anchors: authority.roots() }, credentials: await credentials() },
      ...{ timeoutMs: CONNECT_MS, time, clock, signal },
    });
  return { url, protocolVersion, open };
}

function ownCredentials(authority: HubAuthority, now: () => number): () => Promise<ClientCredentials> {
  const [name = ''] = RESERVED_NAMES;
  let made: { readonly credentials: ClientCredentials; readonly at: number; readonly chain: string } | undefined;
  return async () => {
    const [at, chain] = [now(), authority.chain()];
    const isYoung = made !== undefined && at >= made.at && at - made.at < RENEW_MS;
    if (made && isYoung && made.chain === chain) return made.credentials;
    const key = newKey();
    const certificate = await authority.issueClient(key, name, at, DAYS);
    made = { credentials: { key: keyPem(key), cert: `${pemOf([certificate])}${chain}` }, at, chain };
    return made.credentials;
  };
}
