/** The hub as this device sees it: identity, who answers there, whether it takes the device, and where packages come from. */
import { type Finding, finding } from '../../shared/doctor/finding.ts';
import { lookAtTls } from '../../shared/doctor/probes/tls.ts';
import { judgeTls } from '../../shared/doctor/verdicts/tls.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { clockQuality } from '../../shared/kit/clock-quality.ts';
import { type AgentConfig, ConfigError } from '../config.ts';
import { knownTime } from '../identity/holder.ts';
import { type HubConnection, readConnection } from '../sync/connection.ts';
import { lookAtHub } from '../sync/try-hub.ts';
import { judgeHub } from './hub-verdict.ts';
import { examineIdentity } from './identity.ts';

const TIMEOUT_MS = 5000;
const PORTS: Readonly<Record<string, number>> = { 'mqtts:': 8883, 'wss:': 443, 'https:': 443 };
const ADVICE = {
  untrusted:
    'is it another hub, or somebody between? `vedette-hub ca show` on the hub prints its fingerprint; with a new root the device enrols again (`vedette-agent enroll`)',
  expired:
    'the hub renews its own certificate while it runs, one from files has to be replaced there; is the clock of this machine right?',
  unreachable:
    'is the hub running, and are address, port and firewall right? The agent keeps everything until it reaches the hub',
};

/** @param busy the agent runs: then nobody else may connect under the name of the device */
export async function lookAtHubSide(config: AgentConfig, busy: boolean, clock: Clock): Promise<Finding[]> {
  const { hub, device, updates } = config;
  if (!hub) return [finding('hub', 'ok', 'none is configured; results stay on this machine')];
  const surroundings = { clock, isSynced: () => clockQuality(clock.wall()) === 'synced' };
  const identity = hub.identityFile === undefined ? [] : examineIdentity(hub.identityFile, knownTime(surroundings)());
  let connection: HubConnection;
  try {
    connection = readConnection(hub, device, surroundings);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [...identity, finding('hub', 'broken', error.message)];
  }
  const secure = [hub.url, ...(updates ? [updates.url] : [])].filter((url) => new URL(url).protocol in PORTS);
  const servers = await Promise.all(secure.map((url) => lookAtServer(url, connection, clock)));
  return [...identity, ...servers, await acceptance(hub.url, device, connection, busy, clock)];
}

/** Under no name: also while the agent runs. */
async function lookAtServer(address: string, { server }: HubConnection, clock: Clock): Promise<Finding> {
  const { protocol, hostname, port, host } = new URL(address);
  const facts = await lookAtTls({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (PORTS[protocol] ?? 0) : Number(port),
    trust: server.trust(),
    protocols: [protocol === 'mqtts:' ? 'mqtt' : 'http/1.1'],
    time: server.time,
    timeoutMs: TIMEOUT_MS,
    clock,
  });
  const place = { subject: 'TLS', place: `${protocol}//${host}`, now: server.time().earliest, advice: ADVICE };
  return judgeTls(place, facts);
}

async function acceptance(
  url: string,
  device: string,
  connection: HubConnection,
  busy: boolean,
  clock: Clock,
): Promise<Finding> {
  if (busy) {
    const advice = 'the local API says whether it is connected: GET /api/v1/outbox';
    return finding('hub', 'ok', `${url}: not tried, that would push the running agent off its connection`, advice);
  }
  return judgeHub(url, device, await lookAtHub({ ...connection, device, timeoutMs: TIMEOUT_MS, clock }));
}
