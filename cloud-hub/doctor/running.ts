/** A hub that runs: does it answer, is it ready, and do programs that trust its authority trust what it presents? */
import type { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { problemDocument } from '../../shared/contract/problem-document.ts';
import { type Finding, finding } from '../../shared/doctor/finding.ts';
import { lookAtTls } from '../../shared/doctor/probes/tls.ts';
import { judgeTls } from '../../shared/doctor/verdicts/tls.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { ServerTrust } from '../../shared/pki/dial.ts';
import { fetchOver } from '../../shared/pki/fetch.ts';
import { certificatesOf } from '../../shared/pki/pem.ts';
import { exactTime } from '../../shared/pki/time.ts';
import { ADDRESS_FILE, type HubConfig, portsOf, protectionOf } from '../config.ts';

const TIMEOUT_MS = 10_000;
const RESTART = 'is its process stuck? Start the hub again; its log says more';

export async function examineRunning(config: HubConfig, dataDir: string, clock: Clock): Promise<Finding[]> {
  const file = path.join(dataDir, ADDRESS_FILE);
  if (!existsSync(file))
    return [finding('hub', 'note', `it runs, and ${file} does not say where`, 'start the hub again')];
  const address = readFileSync(file, 'utf8').trim();
  if (!URL.canParse(address)) return [finding('hub', 'broken', `${file} holds no address`, 'start the hub again')];
  const trust = trustOf(config, dataDir);
  return [
    await readiness(address, trust, clock),
    ...(address.startsWith('https:') ? await examineTls(config, new URL(address), trust, clock) : []),
  ];
}

/** Whom programs trust that know this hub: its authority, or what was given to it. */
function trustOf({ tlsCert, ...config }: HubConfig, dataDir: string): ServerTrust {
  const file = protectionOf({ tlsCert, ...config }) === 'given' ? tlsCert : path.join(dataDir, 'pki', 'ca.pem');
  try {
    const anchors: X509Certificate[] = certificatesOf(readFileSync(file ?? '', 'utf8'));
    return { anchors };
  } catch {
    return 'system';
  }
}

async function readiness(address: string, trust: ServerTrust, clock: Clock): Promise<Finding> {
  const fetch = fetchOver({ trust, time: () => exactTime(clock.wall()), clock });
  const abort = new AbortController();
  const cancel = clock.after(TIMEOUT_MS, () => abort.abort(new Error(`no answer in ${TIMEOUT_MS / 1000} s`)));
  try {
    const response = await fetch(new URL('/readyz', address), { signal: abort.signal });
    const body: unknown = await response.json().catch(() => undefined);
    if (response.ok) return finding('hub', 'ok', `${address} is ready: it can keep what devices send`);
    const why = problemDocument.safeParse(body).data?.detail ?? response.statusText;
    return finding('hub', 'broken', `${address}: ${why}`, 'mend what it names; devices keep their records meanwhile');
  } catch (error) {
    return finding('hub', 'broken', `${address}: ${messageOf(error)}`, RESTART);
  } finally {
    cancel();
  }
}

/** Of both listeners, as a device sees them. */
async function examineTls(config: HubConfig, address: URL, trust: ServerTrust, clock: Clock): Promise<Finding[]> {
  const host = address.hostname.replace(/^\[|\]$/g, '');
  const { mqtt } = portsOf(config);
  const hasBroker = config.mqttUrl === undefined && mqtt !== 0;
  const listeners = [
    { subject: 'HTTPS', place: address.origin, port: Number(address.port || 443), protocols: ['http/1.1'] },
    ...(hasBroker
      ? [{ subject: 'MQTT', place: `mqtts://${address.hostname}:${mqtt}`, port: mqtt, protocols: ['mqtt'] }]
      : []),
  ];
  const advice = {
    untrusted:
      'the listener presents a certificate of another authority: was `pki` put back from a backup? Start the hub again',
    expired: 'start the hub again: it makes a new certificate; one from files has to be replaced',
    unreachable: RESTART,
  };
  return Promise.all(
    listeners.map(async ({ subject, place, port, protocols }) => {
      const time = () => exactTime(clock.wall());
      const facts = await lookAtTls({ host, port, trust, protocols, timeoutMs: TIMEOUT_MS, time, clock });
      return judgeTls({ subject, place, now: clock.wall(), advice }, facts);
    }),
  );
}
