/** The composition root: the only place of the hub that constructs its parts. */
import { mkdirSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseTopic } from '../shared/contract/channels.ts';
import { encode } from '../shared/contract/codec.ts';
import type { Clock } from '../shared/kit/clock.ts';
import { messageOf } from '../shared/kit/errors.ts';
import { startAll } from '../shared/kit/lifecycle.ts';
import type { Logger } from '../shared/kit/log.ts';
import { createMetrics } from './api/metrics.ts';
import { createApi } from './api/server.ts';
import type { BrokerEvents, HubBroker } from './broker/broker.ts';
import { startEmbeddedBroker } from './broker/embedded.ts';
import { type ExternalBrokerOptions, startExternalBroker } from './broker/external.ts';
import type { HubConfig } from './config.ts';
import { type AdminToken, ensureAdminToken } from './identity/admin-token.ts';
import { createIdentityService } from './identity/identity.ts';
import { Ingest } from './ingest/ingest.ts';
import { LiveFeed } from './live/feed.ts';
import { Watches } from './live/watches.ts';
import { Delivery } from './registry/delivery.ts';
import { Registry } from './registry/registry.ts';
import { OnlineKeys } from './registry/signing/online-keys.ts';
import { Repository } from './registry/signing/repository.ts';
import { Signing } from './registry/signing/signing.ts';
import { rolloutNews } from './rollout/describe.ts';
import { RolloutExecutor } from './rollout/executor.ts';
import { partFor, Rollouts } from './rollout/rollouts.ts';
import { openStore, type Store } from './store/store.ts';

export interface HubOptions {
  readonly config: HubConfig;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Folder of the built dashboard; default: beside this file, where the build puts it. */
  readonly dashboard?: string;
}

export interface Hub {
  readonly httpPort: number;
  /** Of the embedded broker; 0 with an external one. */
  readonly mqttPort: number;
  readonly dataDir: string;
  readonly adminToken: AdminToken;
  /** Ends every part, last first; it may be called twice. */
  stop(): Promise<void>;
}

/** @throws Error that says what to do: a port that is taken, a folder that cannot be used, a damaged database */
export async function startHub(options: HubOptions): Promise<Hub> {
  const dataDir = path.resolve(options.config.dataDir);
  makeFolder(dataDir);
  const store = await openStore(dataDir, options.clock.wall());
  let stop = async () => store.close();
  try {
    const adminToken = await ensureAdminToken(dataDir, store, options.clock.wall());
    const running = await startParts(options, store, dataDir);
    stop = running.stop;
    return { ...running, dataDir, adminToken };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(options: HubOptions, store: Store, dataDir: string) {
  const { config, clock, log } = options;
  await store.devices.allOffline();
  const metrics = createMetrics();
  const identity = createIdentityService({ store, clock });
  const feed = new LiveFeed(metrics);

  let broker: HubBroker | undefined;
  const send: HubBroker['publish'] = (device, channel, payload) => broker?.publish(device, channel, payload);
  const watches = new Watches({ send, clock, metrics });
  const models = await createModelParts(options, store, dataDir, send, feed);
  const reported = models.executor.reported.bind(models.executor);
  const ingest = new Ingest({ store, metrics, send, reported, announce: (build) => feed.announce(build), clock, log });

  const events: BrokerEvents = {
    message(topic, payload) {
      const parsed = parseTopic(topic);
      if (parsed?.channel !== 'preview') return ingest.offer(topic, payload);
      if (!watches.picture(parsed.device, payload)) metrics.deniedMessages.inc({ reason: 'not a picture' });
      return undefined;
    },
    arriving: () => ingest.giveWay(),
    connected: (device) => ingest.presence(device, true),
    disconnected: (device) => ingest.presence(device, false),
    subscribed(device) {
      watches.renew(device);
      models.sendDesired(device);
    },
  };

  const checks = {
    database: () => store.check(),
    broker: () => {
      if (!broker?.isOpen()) throw new Error('there is no connection to the MQTT broker');
    },
  };
  const dashboard = options.dashboard ?? fileURLToPath(new URL('./dashboard', import.meta.url));
  const { version } = options;
  const disconnect = (device: string) => broker?.disconnect(device);
  const { registry, signing, delivery, rollouts } = models;
  const parts = { store, identity, feed, watches, metrics, registry, signing, delivery, rollouts, disconnect, checks };
  const api = await createApi({ ...parts, clock, log, version, dashboard });

  let mqttPort = 0;
  let httpPort = 0;
  const stop = await startAll([
    { stop: () => store.close() },
    { stop: () => ingest.stop() },
    {
      async start() {
        if (config.mqttUrl !== undefined) {
          const connection = externalConnection(config, config.mqttUrl);
          const isKnown = (device: string) => store.devices.tokenHash(device) !== undefined;
          broker = startExternalBroker({ connection, isKnown, events, metrics, clock, log });
          return;
        }
        const { host, mqttPort: port } = config;
        const { tokenHash } = store.devices;
        const started = await startEmbeddedBroker({ host, port, tokenHash, events, metrics, clock, log }).catch(
          (error: unknown) => {
            throw listenError(error, `MQTT port ${host}:${port}`, '--mqtt-port or VEDETTE_MQTT_PORT');
          },
        );
        broker = started;
        mqttPort = started.port;
      },
      stop: () => broker?.stop(),
    },
    models.executor,
    signing,
    { stop: () => watches.stop() },
    {
      async start() {
        const { host, httpPort: port } = config;
        await api.listen({ host, port }).catch((error: unknown) => {
          throw listenError(error, `HTTP port ${host}:${port}`, '--http-port or VEDETTE_HTTP_PORT');
        });
        httpPort = (api.server.address() as AddressInfo).port;
      },
      stop: () => api.close(),
    },
  ]);
  return { httpPort, mqttPort, stop };
}

function externalConnection(config: HubConfig, url: string): ExternalBrokerOptions['connection'] {
  const { mqttUsername: username, mqttPasswordFile, mqttVersion, mqttCaFile, mqttCertFile, mqttKeyFile } = config;
  const password = mqttPasswordFile && readSetting(mqttPasswordFile, '--mqtt-password-file').trim();
  const tls = {
    ...(mqttCaFile ? { ca: readSetting(mqttCaFile, '--mqtt-ca-file') } : {}),
    ...(mqttCertFile ? { cert: readSetting(mqttCertFile, '--mqtt-cert-file') } : {}),
    ...(mqttKeyFile ? { key: readSetting(mqttKeyFile, '--mqtt-key-file') } : {}),
  };
  const protocolVersion = mqttVersion === '5' ? 5 : 4;
  return { url, ...(username ? { username } : {}), ...(password ? { password } : {}), protocolVersion, tls };
}

function readSetting(file: string, setting: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${setting}: ${messageOf(error)}`, { cause: error });
  }
}

/** Registry, signing and rollouts: all that becomes of models. */
async function createModelParts(
  options: HubOptions,
  store: Store,
  dataDir: string,
  send: HubBroker['publish'],
  feed: LiveFeed,
) {
  const { config, clock, log } = options;
  const registry = await Registry.open(path.join(dataDir, 'models'), store, log);
  const keys = new OnlineKeys(path.join(dataDir, 'trust', 'keys'));
  const repository = new Repository(path.join(dataDir, 'trust', 'metadata'), keys, clock);
  const signing = new Signing({ repository, keys, store, clock, log });
  const delivery = new Delivery(clock, config.downloadMbps);
  const sendDesired = (device: string) => {
    const document = store.desired.get(device);
    if (document) send(device, 'desired', encode(document));
  };
  const changed = (rollout: string, devices: readonly string[] = []) => {
    for (const build of rolloutNews(store, rollout, devices)) feed.announce(build);
  };
  const executor = new RolloutExecutor({
    store,
    partFor: (rollout) => partFor(store, rollout),
    publish: sendDesired,
    changed,
    clock,
    log,
  });
  const rollouts = new Rollouts({ store, registry, repository, executor, changed });
  return { registry, signing, delivery, executor, rollouts, sendDesired };
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    const why = messageOf(error);
    throw new Error(
      `cannot make the data folder ${folder} (${why}): choose another with --data-dir or VEDETTE_DATA_DIR`,
    );
  }
}

function listenError(error: unknown, what: string, how: string): Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const why =
    code === 'EADDRINUSE'
      ? 'is taken by another program'
      : code === 'EACCES'
        ? 'needs rights that this user does not have'
        : `cannot be opened (${messageOf(error)})`;
  return new Error(`${what} ${why}: choose another with ${how}`, { cause: error });
}
