/** A hub with TLS by its own authority, and connections to it that trust that authority. */

import { readFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { onTestFinished } from 'vitest';
import { hubConfig } from '../../cloud-hub/config.ts';
import { startHub } from '../../cloud-hub/hub.ts';
import { type Clock, systemClock } from '../../shared/kit/clock.ts';
import { createLogger, type Logger } from '../../shared/kit/log.ts';
import type { ClientCredentials } from '../../shared/pki/dial.ts';
import { fetchOver } from '../../shared/pki/fetch.ts';
import { certificateRequest, keyPem, newKey } from '../../shared/pki/keys.ts';
import { openMqttStream } from '../../shared/pki/mqtt-stream.ts';
import { exactTime } from '../../shared/pki/time.ts';
import { tempFolder } from './temp.ts';

export async function secureHub(
  options: {
    folder?: string;
    clock?: Clock;
    config?: Record<string, unknown>;
    log?: Logger;
    openFiles?: number;
    dashboard?: string;
  } = {},
) {
  const clock = options.clock ?? systemClock;
  const folder = options.folder ?? tempFolder();
  const hub = await startHub({
    config: hubConfig.parse({ dataDir: folder, tls: true, httpPort: 0, mqttPort: 0, ...options.config }),
    version: '1.2.3',
    watchTransactions: true,
    clock,
    log: options.log ?? createLogger('test', 'silent'),
    ...(options.dashboard === undefined ? {} : { dashboard: options.dashboard }),
    ...(options.openFiles === undefined ? {} : { openFiles: options.openFiles }),
  });
  onTestFinished(() => hub.stop());
  const { security } = hub;
  if (!security) throw new Error('the hub has no TLS');
  const anchors = security.authority.roots();
  const trust = { trust: { anchors }, time: () => exactTime(systemClock.wall()), clock: systemClock };
  const url = `https://127.0.0.1:${hub.httpPort}`;
  const token = readFileSync(hub.adminToken.file, 'utf8').trim();
  const request = (
    path: string,
    init: { method?: string; body?: unknown; credentials?: ClientCredentials; headers?: Record<string, string> } = {},
  ) =>
    fetchOver({ ...trust, credentials: () => init.credentials })(`${url}${path}`, {
      method: init.method ?? (init.body === undefined ? 'GET' : 'POST'),
      headers: {
        ...(init.credentials ? {} : { authorization: `Bearer ${token}` }),
        ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...init.headers,
      },
      ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
    });
  return {
    hub,
    folder,
    url,
    token,
    authority: security.authority,
    trust,
    /** As the admin, or as who has the credentials. */
    request,
    /** A stream for MQTT, over the MQTT port or in a WebSocket. */
    mqtt: (how: 'mqtts' | 'wss', credentials?: ClientCredentials): Promise<Duplex> =>
      openMqttStream(how === 'mqtts' ? `mqtts://127.0.0.1:${hub.mqttPort}` : `wss://127.0.0.1:${hub.httpPort}/mqtt`, {
        ...trust,
        credentials,
        timeoutMs: 10_000,
      }),
  };
}

export type SecureHub = Awaited<ReturnType<typeof secureHub>>;

/** Makes a claim. */
export async function newClaim({ request }: SecureHub, body: object = {}): Promise<string> {
  const response = await request('/api/v1/claims', { body });
  return ((await response.json()) as { claim: string }).claim;
}

/** A device with a certificate of the hub. */
export async function enrolled(hub: SecureHub, name: string): Promise<ClientCredentials> {
  const key = keyPem(newKey());
  const body = { claim: await newClaim(hub), request: await certificateRequest(name, key) };
  const response = await hub.request('/api/v1/enrol', { body, headers: { authorization: '' } });
  const answer = (await response.json()) as { certificate: string };
  if (!response.ok) throw new Error(JSON.stringify(answer));
  return { key, cert: answer.certificate };
}

/** Asks for a new key, over a connection with these credentials. */
export async function renewedFor(hub: SecureHub, name: string, credentials: ClientCredentials, key = keyPem(newKey())) {
  const body = { request: await certificateRequest(name, key) };
  const response = await hub.request('/api/v1/renew', { body, credentials });
  const answer = (await response.json()) as { certificate?: string; detail?: string };
  return { status: response.status, detail: answer.detail, credentials: { key, cert: answer.certificate ?? '' } };
}
