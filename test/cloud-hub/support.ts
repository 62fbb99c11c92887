/** A hub on free ports in a folder of its own, and devices that talk to it over real MQTT. */

import { readFileSync } from 'node:fs';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { onTestFinished } from 'vitest';
import { type HubConfig, hubConfig } from '../../cloud-hub/config.ts';
import { type Hub, startHub } from '../../cloud-hub/hub.ts';
import { channels, ownDownFilter, parseTopic, topicOf, type UpChannel } from '../../shared/contract/channels.ts';
import { decode, encode } from '../../shared/contract/codec.ts';
import { type Ack, ack } from '../../shared/contract/messages/batch.ts';
import { type Clock, systemClock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import { createLogger, type Logger } from '../../shared/kit/log.ts';
import { builtFile } from '../support/built.ts';
import { tempFolder } from '../support/temp.ts';

export interface TestHub {
  readonly hub: Hub;
  readonly url: string;
  readonly token: string;
  /** Calls the API; `path` below /api/v1. */
  api(path: string, init?: RequestInit & { token?: string | null }): Promise<Response>;
  json<T>(path: string): Promise<T>;
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
}

export async function testHub(
  options: {
    folder?: string;
    clock?: Clock;
    dashboard?: string;
    config?: Partial<HubConfig>;
    log?: Logger;
    inspector?: string;
  } = {},
): Promise<TestHub> {
  const hub = await startHub({
    config: hubConfig.parse({
      dataDir: options.folder ?? tempFolder(),
      httpPort: 0,
      mqttPort: 0,
      downloadMbps: 10_000,
      logLevel: 'silent',
      ...options.config,
    }),
    version: '1.2.3',
    watchTransactions: true,
    clock: options.clock ?? systemClock,
    log: options.log ?? createLogger('test', 'silent'),
    opinionRunner: builtFile('cloud-hub/inference/runner-child.js'),
    inspector: options.inspector ?? builtFile('cloud-hub/registry/inspect-child.js'),
    ...(options.dashboard === undefined ? {} : { dashboard: options.dashboard }),
  });
  onTestFinished(() => hub.stop());
  const url = `http://127.0.0.1:${hub.httpPort}`;
  const token = readFileSync(hub.adminToken.file, 'utf8').trim();
  const api: TestHub['api'] = (path, init = {}) => {
    const { token: used = token, ...rest } = init;
    const headers = new Headers(rest.headers);
    if (used !== null) headers.set('authorization', `Bearer ${used}`);
    return fetch(`${url}/api/v1${path}`, { ...rest, headers }).catch((error: unknown) => {
      // "fetch failed" alone does not say what happened to the connection.
      if (!(error instanceof TypeError)) throw error;
      const { cause } = error;
      throw new Error(`${rest.method ?? 'GET'} ${path}: ${messageOf(error)} (${messageOf(cause)})`, { cause: error });
    });
  };
  return {
    hub,
    url,
    token,
    api,
    json: async <T>(path: string) => (await (await api(path)).json()) as T,
    post: (path, body, headers = {}) =>
      api(path, {
        method: 'POST',
        headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
  };
}

export interface TestDevice {
  readonly id: string;
  readonly token: string;
  readonly client: MqttClient;
  publish(channel: UpChannel, message: unknown): Promise<void>;
  publishRaw(channel: UpChannel, payload: Buffer): Promise<void>;
  /** The next message on a down channel that has not been taken yet. */
  next(channel: 'ack' | 'command' | 'desired' | 'verdict'): Promise<unknown>;
  nextAck(): Promise<Ack>;
}

export async function addDevice(hub: TestHub, id: string): Promise<string> {
  const response = await hub.post('/devices', { id });
  if (response.status !== 201) throw new Error(`add device: ${response.status} ${await response.text()}`);
  return ((await response.json()) as { token: string }).token;
}

export async function connect(hub: TestHub, options: IClientOptions): Promise<MqttClient> {
  const client = await connectAsync(
    `mqtt://127.0.0.1:${hub.hub.mqttPort}`,
    { reconnectPeriod: 0, protocolVersion: 4, connectTimeout: 5000, ...options },
    false,
  );
  onTestFinished(() => {
    client.end(true);
  });
  client.on('error', () => undefined);
  return client;
}

export async function testDevice(hub: TestHub, id: string, known?: string): Promise<TestDevice> {
  const token = known ?? (await addDevice(hub, id));
  const client = await connect(hub, { username: id, password: token, clientId: id });
  const inbox = new Map<string, unknown[]>();
  const waiting: (() => void)[] = [];
  client.on('message', (topic, payload) => {
    const channel = parseTopic(topic)?.channel ?? 'unknown';
    inbox.set(channel, [...(inbox.get(channel) ?? []), decode(payload, 1 << 20)]);
    for (const wake of waiting.splice(0)) wake();
  });
  await client.subscribeAsync(ownDownFilter(id), { qos: 1 });
  const next = async (channel: string): Promise<unknown> => {
    for (;;) {
      const found = inbox.get(channel)?.shift();
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  };
  const publishRaw = async (channel: UpChannel, payload: Buffer) => {
    const { qos, retain } = channels[channel];
    await client.publishAsync(topicOf(id, channel), payload, { qos, retain });
  };
  return {
    id,
    token,
    client,
    publishRaw,
    publish: (channel, message) => publishRaw(channel, encode(message)),
    next,
    async nextAck() {
      // When it came is the clock's business.
      const { at: _, ...output } = ack.parse(await next('ack'));
      return output;
    },
  };
}

const envelope = { config: 'c1', boot: 'b1', mono: 5, wall: Date.UTC(2026, 5, 1), clock: 'synced' };

/** A well-formed event with this number. */
export function eventRecord(
  seq: number,
  more: Record<string, unknown> = {},
): Record<string, unknown> & { seq: number } {
  return {
    seq,
    kind: 'event',
    ...envelope,
    stream: 'door',
    rule: 'enter',
    ruleKind: 'zone',
    action: 'enter',
    label: 'person',
    score: 0.9,
    box: [0.1, 0.1, 0.2, 0.2],
    frame: seq,
    ptsMs: seq * 40,
    ...more,
  };
}

export function summaryRecord(
  seq: number,
  more: Record<string, unknown> = {},
): Record<string, unknown> & { seq: number } {
  return {
    seq,
    kind: 'summary',
    ...envelope,
    stream: 'door',
    intervalMs: 10_000,
    frames: 100,
    inferred: 90,
    gated: 10,
    dropped: 0,
    failed: 0,
    labels: { person: 3 },
    tracks: { person: 1 },
    scores: [0, 0, 0, 0, 0, 0, 0, 0, 0, 3],
    latencyMs: { p50: 10, p95: 20, max: 30 },
    ...more,
  };
}

/** A well-formed reading with this number. */
export function readingRecord(
  seq: number,
  more: Record<string, unknown> = {},
): Record<string, unknown> & { seq: number } {
  return {
    seq,
    kind: 'reading',
    ...envelope,
    stream: 'motor',
    ptsMs: seq * 1000,
    score: 0.5,
    threshold: 2,
    anomalous: false,
    values: { temperature: 80 + seq },
    ...more,
  };
}

export function lossRecord(seq: number, loss: { epoch: string; from: number; to: number; reason: string }) {
  return { seq, kind: 'loss', ...envelope, lost: loss.to - loss.from + 1, ...loss };
}

/** A tiny JPEG by its first and last bytes. */
export const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3, 4, 0xff, 0xd9]);

export function snapshotOf(picture: Buffer): Record<string, unknown> {
  return { mime: 'image/jpeg', width: 2, height: 2, data: picture.toString('base64') };
}

/** A hub that has stored so many events of the device `cam`, with ids from 1. */
export async function hubWithEvents(n: number): Promise<TestHub> {
  const hub = await testHub();
  const cam = await testDevice(hub, 'cam');
  const records = Array.from({ length: n }, (_, i) => eventRecord(i + 1));
  await cam.publish('records', { epoch: 'e1', from: 1, to: n, records });
  await cam.nextAck();
  return hub;
}
