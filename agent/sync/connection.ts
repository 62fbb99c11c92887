/** How the agent reaches its hub: the address of the configuration, with the texts of the files that it names. */
import type { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { messageOf } from '../../shared/kit/errors.ts';
import type { LinkOptions } from '../../shared/kit/link.ts';
import type { ClientCredentials, ServerTrust } from '../../shared/pki/dial.ts';
import { type Fetch, fetchOver } from '../../shared/pki/fetch.ts';
import { isSecure, openMqttStream } from '../../shared/pki/mqtt-stream.ts';
import { certificatesOf } from '../../shared/pki/pem.ts';
import type { TimeRange } from '../../shared/pki/time.ts';
import { type AgentConfig, ConfigError } from '../config.ts';
import { type IdentityHolder, knownTime, openIdentity, type Surroundings } from '../identity/holder.ts';
import { proveCertificate } from './prove-certificate.ts';
import type { UplinkLimits } from './uplink-limits.ts';

export interface HubConnection {
  /** The device's token; absent: it has a certificate. */
  readonly token?: string;
  readonly limits: Pick<UplinkLimits, 'backfillPerSecond'>;
  readonly broker: Pick<LinkOptions, 'url' | 'protocolVersion' | 'open'>;
  /** Who may answer, and when its certificate has to be good. */
  readonly server: { readonly trust: () => ServerTrust; readonly time: () => TimeRange };
  /** For the hub's HTTP side: trusts whom the MQTT side trusts. */
  readonly fetch: Fetch;
  /** Of a device that was enrolled. */
  readonly identity?: {
    readonly holder: IdentityHolder;
    /** @throws Error when the broker does not accept a device with these credentials */
    readonly prove: (credentials: ClientCredentials) => Promise<void>;
  };
}

type HubConfig = Omit<NonNullable<AgentConfig['hub']>, 'logKbPerHour'>;

const CONNECT_MS = 10_000;

/** @throws ConfigError naming the field, the file and what to do */
export function readConnection(hub: HubConfig, device: string, surroundings: Surroundings): HubConnection {
  const { clock } = surroundings;
  const holder = readHolder(hub, device, surroundings);
  const authorities = readAuthorities(hub);
  const given = readCredentials(hub);
  const trust = (): ServerTrust => holder?.trust(authorities) ?? (authorities ? { anchors: authorities } : 'system');
  const credentials = () => holder?.credentials() ?? given;
  const time = holder?.time ?? knownTime(surroundings);
  const openWith = (own: ClientCredentials | undefined, signal: AbortSignal) =>
    openMqttStream(hub.url, { trust: trust(), credentials: own, time, clock, timeoutMs: CONNECT_MS, signal });
  const open = (signal: AbortSignal) => openWith(credentials(), signal);
  const broker = {
    url: hub.url,
    protocolVersion: hub.version === '5' ? (5 as const) : (4 as const),
    ...(isSecure(hub.url) ? { open } : {}),
  };
  return {
    ...(hub.tokenFile === undefined
      ? {}
      : { token: read('tokenFile', hub.tokenFile, '; `vedette-hub device add NAME` prints one') }),
    limits: { backfillPerSecond: hub.backfillPerSecond },
    broker,
    server: { trust, time },
    fetch: (url, init) => fetchOver({ trust: trust(), credentials, time, clock })(url, init),
    ...(holder ? { identity: { holder, prove: proveCertificate(broker, openWith, device, clock) } } : {}),
  };
}

function readHolder(
  { identityFile }: HubConfig,
  device: string,
  surroundings: Surroundings,
): IdentityHolder | undefined {
  if (identityFile === undefined) return undefined;
  let holder: IdentityHolder;
  try {
    holder = openIdentity(identityFile, surroundings);
  } catch (error) {
    throw new ConfigError(`hub.identityFile: ${messageOf(error)}`);
  }
  const { device: enrolled } = holder.identity;
  if (enrolled === device) return holder;
  throw new ConfigError(`device: ${device} is not the name with which this box was enrolled: "${enrolled}"`);
}

function readAuthorities({ caFile }: HubConfig): readonly X509Certificate[] | undefined {
  if (caFile === undefined) return undefined;
  const text = read('caFile', caFile);
  try {
    return certificatesOf(text);
  } catch (error) {
    throw new ConfigError(`hub.caFile: ${caFile}: ${messageOf(error)}`);
  }
}

function readCredentials({ certFile, keyFile }: HubConfig): ClientCredentials | undefined {
  if (certFile === undefined || keyFile === undefined) return undefined;
  return { cert: read('certFile', certFile), key: read('keyFile', keyFile) };
}

function read(key: string, file: string, hint = ''): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new ConfigError(`hub.${key}: ${messageOf(error)}${hint}`);
  }
  if (text === '') throw new ConfigError(`hub.${key}: ${file} is empty`);
  return text;
}
