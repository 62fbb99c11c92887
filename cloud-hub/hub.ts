/** The composition root: with model-parts.ts the only place of the hub that constructs its parts. */
import { writeFileSync } from 'node:fs';
import type { AddressInfo, Socket } from 'node:net';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { encode } from '../shared/contract/codec.ts';
import { type Place, whyNotListening } from '../shared/http/listening.ts';
import { Places } from '../shared/http/places.ts';
import type { Clock } from '../shared/kit/clock.ts';
import { startAll } from '../shared/kit/lifecycle.ts';
import type { Logger } from '../shared/kit/log.ts';
import { openFilesLimit } from '../shared/kit/open-files.ts';
import type { Tracing } from '../shared/kit/tracing.ts';
import { openAlerts } from './alerts/open.ts';
import { createApi } from './api/server.ts';
import { siteOf } from './api/site.ts';
import type { BrokerEvents, HubBroker } from './broker/broker.ts';
import { type EmbeddedBroker, startEmbeddedBroker } from './broker/embedded.ts';
import { startExternalBroker } from './broker/external.ts';
import { externalConnection } from './broker/external-connection.ts';
import { mosquittoFolderOf, writeMosquittoFolder } from './broker/mosquitto/folder.ts';
import { ADDRESS_FILE, addressHere, dailyLimitsOf, type HubConfig, keepOf, portsOf } from './config.ts';
import { budgetOf } from './connections/budget.ts';
import { openDeviceLogs } from './device-logs/open.ts';
import { Erasing } from './erase/erasing.ts';
import { openHomeAssistant } from './home-assistant/open.ts';
import { hubFacts } from './hub-facts.ts';
import { type AdminToken, ensureAdminToken } from './identity/admin-token.ts';
import { openIdentity } from './identity/open.ts';
import { openSecondOpinions } from './inference/open.ts';
import { Copies } from './ingest/copies.ts';
import { Ingest, type IngestOptions } from './ingest/ingest.ts';
import { Quota } from './ingest/quota.ts';
import { traceStep } from './ingest/steps/trace.ts';
import { steps as allSteps } from './ingest/steps.ts';
import { announceAmendment } from './live/amendment.ts';
import { LiveFeed } from './live/feed.ts';
import { Watches } from './live/watches.ts';
import { createMetrics } from './metrics.ts';
import { createModelParts } from './model-parts.ts';
import { createFleetIdentity } from './pki/fleet.ts';
import { openSecurity, type Security } from './pki/security.ts';
import { rootOf } from './registry/signing/signing.ts';
import { Merging } from './retention/merging.ts';
import { Retention } from './retention/retention.ts';
import { openAnswers } from './store/answers.ts';
import { makeDataFolder } from './store/folder.ts';
import { databaseChoiceOf, type Leading } from './store/postgres/settings.ts';
import { type HubStore, openStore } from './store/store.ts';

export interface HubOptions {
  readonly config: HubConfig;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Folder of the built dashboard; default: beside this file, where the build puts it. */
  readonly dashboard?: string;
  /** Absent: nothing is traced. */
  readonly tracing?: Tracing;
  /** How many files and connections the process may have open; default: what the system says. */
  readonly openFiles?: number;
  /** Built `registry/inspect-child.js`; default: beside this file, where the build puts it. */
  readonly inspector?: string;
  /** Built `inference/runner-child.js`; default: the same. */
  readonly opinionRunner?: string;
  /** See TransactionLimits; for tests. */
  readonly watchTransactions?: boolean;
  /** With a PostgreSQL database, of which one hub at a time leads. */
  readonly leading?: Leading;
  /** Make the API's document before anybody can ask for it: it takes 150 ms of work. Default: when it is asked for. */
  readonly describeFirst?: boolean;
}

export interface Hub {
  readonly httpPort: number;
  /** Of the embedded broker; 0 with an external one. */
  readonly mqttPort: number;
  readonly dataDir: string;
  readonly adminToken: AdminToken;
  /** Undefined: plain text. */
  readonly security: Security | undefined;
  /** Devices that there are, and that are connected; throws when the database cannot be read. */
  counts(): Promise<{ readonly known: number; readonly online: number }>;
  /** Ends every part, last first; it may be called twice. */
  stop(): Promise<void>;
}

/** @throws Error that says what to do: a port that is taken, a folder that cannot be used, a damaged database */
export async function startHub(options: HubOptions): Promise<Hub> {
  const dataDir = path.resolve(options.config.dataDir);
  makeDataFolder(dataDir);
  const store = await openStore(dataDir, options.clock.wall(), databaseChoiceOf(options));
  let stop = async () => store.close();
  try {
    const adminToken = await ensureAdminToken(dataDir, store, options.clock.wall());
    const { restored } = store.restores;
    if (restored)
      options.log.info(restored, 'this hub was restored from a backup; what came between is gone, and gaps name it');
    const security = await openSecurity(options.config, dataDir, options.clock, options.log);
    const running = await startParts(options, store, dataDir, security);
    stop = running.stop;
    return { ...running, dataDir, adminToken, security, counts: store.devices.counts };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(options: HubOptions, store: HubStore, dataDir: string, security: Security | undefined) {
  const { config, clock, log, tracing } = options;
  await store.devices.allOffline();
  const metrics = createMetrics();
  metrics.observe(hubFacts({ version: options.version, store, dataDir, security }));
  const budget = budgetOf(options.openFiles ?? openFilesLimit());
  const places = new Places(budget.http, () => metrics.droppedConnections.inc());
  const mqttPlaces = new Places(budget.mqtt, () => metrics.refusedConnections.inc({ reason: 'too many' }));
  const feed = new LiveFeed(metrics, clock, log);
  const who = openIdentity({ config, dataDir, store, clock, log, ended: (what) => feed.end(what) });
  const answers = openAnswers(dataDir);

  let broker: HubBroker | undefined;
  let embedded: EmbeddedBroker | undefined;
  let mqttPort = 0;
  let httpPort = 0;
  const tls = security && { tls: security.listener };
  const ports = portsOf(config);
  const send: HubBroker['publish'] = (device, channel, payload) => broker?.publish(device, channel, payload);
  const watches = new Watches({ send, clock, metrics });
  const models = await createModelParts(options, store, dataDir, send, feed);
  const mosquitto = mosquittoFolderOf(config);
  const fleet =
    security &&
    createFleetIdentity({
      store,
      authority: security.authority,
      surroundings: () => ({
        hasOwnCertificate: security.isOwn,
        broker: config.mqttUrl === undefined ? { port: mqttPort } : { url: config.mqttUrl },
        ...rootOf(models.signing),
      }),
      graceDays: config.graceDays,
      recheck: (device) => embedded?.recheck(device),
      ...(mosquitto ? { published: (now) => writeMosquittoFolder(mosquitto, security.authority, now) } : {}),
      clock,
      log,
    });
  const erasing = new Erasing({
    ...{ store, clock, log },
    publish: (device, document) => send(device, 'desired', encode(document)),
    erased: (device) => home?.erased(device),
  });
  const reported: IngestOptions['reported'] = async (...news) => {
    for (const part of [erasing, models.executor]) await part.reported(...news);
  };
  const deviceLogs = openDeviceLogs({ dataDir, config, metrics, send, clock, log });
  const copies = new Copies({ send, clock, log });
  const announce: IngestOptions['announce'] = (build, device) => feed.announce(build, device);
  const quota = new Quota({ limits: dailyLimitsOf(config), send, log });
  const alerting = openAlerts({ store, dataDir, config, clock, log });
  const home = openHomeAssistant({ config, version: options.version, store, clock, log });
  const heard: IngestOptions['heard'] = (...news) => {
    alerting.engine.heard(...news);
    home?.heard(...news);
  };
  const steps = tracing ? [...allSteps, traceStep(tracing, clock, log)] : allSteps;
  const ingest = new Ingest({ steps, store, metrics, send, copies, quota, reported, heard, announce, clock, log });

  const secondOpinions = openSecondOpinions({
    ...{ store, metrics, clock, log, dataDir, registry: models.registry, entry: options.opinionRunner },
    config,
    send: (device, payload) => send(device, 'verdict', payload),
    amended: (row, device) => announceAmendment({ store, feed, rules: alerting.engine }, row, device),
  });

  const events: BrokerEvents = {
    message(device, channel, payload) {
      if (channel === 'sample') return void secondOpinions.offer(device, payload);
      if (channel === 'log') return deviceLogs.intake.offer(device, payload);
      if (channel !== 'preview') return ingest.offer(device, channel, payload);
      if (!watches.picture(device, payload)) metrics.deniedMessages.inc({ reason: 'not a picture' });
      return watches.slowedDown(device, payload.length);
    },
    room: () => ingest.room(),
    arriving: () => ingest.giveWay(),
    connected: (device) => ingest.presence(device, true),
    disconnected: (device) => ingest.presence(device, false),
    subscribed(device) {
      watches.renew(device);
      deviceLogs.orders.subscribed(device);
      models.sendDesired(device);
    },
  };

  const checks = {
    ...store.readiness,
    broker: () => {
      if (!broker?.isOpen()) throw new Error('there is no connection to the MQTT broker');
    },
  };
  const dashboard = options.dashboard ?? fileURLToPath(new URL('./dashboard', import.meta.url));
  const disconnect = (device: string) => broker?.disconnect(device);
  const { registry, signing, delivery, rollouts, thresholds } = models;
  const parts = {
    store,
    ...who,
    answers,
    feed,
    watches,
    metrics,
    ...{ registry, signing, delivery, rollouts, thresholds },
    ...alerting,
    erasing,
    secondOpinions,
    deviceLogs,
    disconnect,
    publishDesired: models.sendDesired,
    checks,
    ...tls,
    acceptMqtt: (connection: Duplex, socket: Socket) => {
      if (embedded) embedded.accept(connection, socket);
      else connection.destroy();
    },
    ...(fleet ? { fleet } : {}),
  };
  const api = await createApi({
    ...parts,
    site: siteOf(config.publicUrl, config.trustProxy),
    places,
    clock,
    log,
    version: options.version,
    dashboard,
    describeFirst: options.describeFirst === true,
  });

  const stop = await startAll([
    { stop: () => store.close() },
    { stop: () => answers.close() },
    who.refused,
    alerting.outbox,
    alerting.engine,
    ...(home ? [home] : []),
    new Retention({ store, keep: keepOf(config.keep), clock, log }),
    new Merging({ store, clock, log }),
    deviceLogs.intake,
    thresholds,
    { stop: () => ingest.stop() },
    {
      async start() {
        if (config.mqttUrl !== undefined) {
          const connection = externalConnection(config, config.mqttUrl, security?.authority, clock);
          const isKnown = async (device: string) => (await store.devices.tokenHash(device)) !== undefined;
          broker = startExternalBroker({ connection, isKnown, events, metrics, clock, log });
          return;
        }
        const { host } = config;
        const { tokenHash } = store.devices;
        const listen = {
          host,
          port: ports.mqtt,
          places: mqttPlaces,
          ...tls,
          ...(fleet ? { identify: fleet.identify } : {}),
        };
        embedded = await startEmbeddedBroker({ ...listen, tokenHash, events, metrics, clock, log }).catch(
          (error: unknown) => {
            throw cannotListen(error, { what: 'MQTT port', ...listen }, '--mqtt-port or VEDETTE_MQTT_PORT');
          },
        );
        broker = embedded;
        mqttPort = embedded.port;
      },
      stop: () => broker?.stop(),
    },
    secondOpinions,
    { stop: () => registry.stop() },
    models.executor,
    erasing,
    signing,
    { stop: () => watches.stop() },
    {
      async start() {
        const place = { host: config.host, port: ports.http };
        await api.listen(place).catch((error: unknown) => {
          throw cannotListen(error, { what: 'HTTP port', ...place }, '--http-port or VEDETTE_HTTP_PORT');
        });
        httpPort = (api.server.address() as AddressInfo).port;
        writeFileSync(path.join(dataDir, ADDRESS_FILE), `${addressHere(config, httpPort)}\n`);
      },
      stop: () => api.close(),
    },
    ...(security && fleet ? [security, fleet] : []),
  ]);
  return { httpPort, mqttPort, stop };
}

function cannotListen(error: unknown, place: Place, setting: string): Error {
  return new Error(whyNotListening(error, place, `choose another with ${setting}`, '--host'), { cause: error });
}
