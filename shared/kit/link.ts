/**
 * An MQTT connection that comes back by itself: the only home of `mqtt`. It knows nothing of topics or of what is sent.
 *
 * 1. Nothing is queued while offline: `publish` is rejected. The durable queue is the caller's.
 * 2. Every connection has a client object of its own (clean session), so nothing of an old one is resent behind our back.
 * 3. `up` is announced after the broker has granted every subscription; a retained message may come before it.
 * 4. A QoS 1 publish that is not confirmed in time means a dead connection: it is dropped, which frees all it held.
 * 5. A packet of more than 16 MiB ends the connection before it is read.
 * 6. No failure is thrown from a callback, and no listener's failure reaches the MQTT client.
 * 7. While it is held, nothing is read: the broker keeps what it has for us, and ends the connection when that lasts too long.
 */
import { connect as connectMqtt, type IClientOptions, MqttClient } from 'mqtt';
import { createBackoff } from './backoff.ts';
import type { Cancel } from './clock.ts';
import { inTime } from './deadline.ts';
import { messageOf } from './errors.ts';
import type { Link, LinkMessage, LinkOptions, MessageListener, Unsubscribe } from './link-contract.ts';
import { checkUrl, isRefusal, RefusedError, whyAway } from './link-faults.ts';
import { boundPackets } from './packet-meter.ts';

export type { Link, LinkMessage, LinkOptions, MessageListener, Unsubscribe } from './link-contract.ts';

const SUBSCRIPTION_REFUSED = 0x80;
const STOP_MS = 800;
/** Counts as a success. */
const STEADY_MS = 10_000;

/** @throws RangeError when the URL is not an MQTT address or carries credentials */
export function createLink(options: LinkOptions): Link {
  checkUrl(options.url);
  const { clock, log } = options;
  const publishTimeoutMs = options.publishTimeoutMs ?? 30_000;
  const connectTimeoutMs = options.connectTimeoutMs ?? 10_000;
  const retry = createBackoff(options.retryMs?.first ?? 500, options.retryMs?.max ?? 30_000);
  const refusedRetry = createBackoff(options.refusedRetryMs?.first ?? 5_000, options.refusedRetryMs?.max ?? 60_000);
  const returnSpreadMs = options.returnSpreadMs ?? 5_000;
  const filters = new Map<string, 0 | 1>();
  const messageListeners = new Set<MessageListener>();
  const upListeners = new Set<() => void>();
  const downListeners = new Set<() => void>();
  /** Rejects every promise that waits for the present connection. */
  const waiting = new Set<(reason: Error) => void>();
  let client: MqttClient | undefined;
  let up = false;
  let held: Promise<unknown> | undefined;
  let upSince = 0;
  /** Connections in a row that the other side ended soon after they had begun. */
  let brief = 0;
  let running = false;
  let lastComplaint = '';
  let cancelRetry: Cancel = () => {};
  let opening: AbortController | undefined;

  function safely(run: () => void): void {
    try {
      run();
    } catch (error) {
      log.error({ err: error }, 'a listener of the MQTT connection failed');
    }
  }

  /** One line for a complaint, not one for each try. */
  function complain(message: string, refused = false): void {
    if (message === lastComplaint) return;
    lastComplaint = message;
    log.warn({ url: options.url, clientId: options.clientId }, message);
    safely(() => options.onComplaint?.(message, refused));
  }

  const clientOptions: IClientOptions = {
    clientId: options.clientId,
    ...(options.username === undefined ? {} : { username: options.username }),
    ...(options.password === undefined ? {} : { password: options.password }),
    ...(options.will === undefined ? {} : { will: { ...options.will, payload: Buffer.from(options.will.payload) } }),
    protocolVersion: options.protocolVersion ?? 4,
    clean: true,
    keepalive: options.keepaliveS ?? 30,
    connectTimeout: connectTimeoutMs,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
  };

  function open(): void {
    if (!running) return;
    if (options.open) return void openOver(options.open);
    try {
      use(connectMqtt(options.url, { ...clientOptions, ...options.tls }));
    } catch (error) {
      notOpened(error);
    }
  }

  async function openOver(openStream: NonNullable<LinkOptions['open']>): Promise<void> {
    const abort = new AbortController();
    opening = abort;
    try {
      const stream = await openStream(abort.signal);
      if (abort.signal.aborted) return void stream.destroy();
      use(new MqttClient(() => stream, clientOptions));
    } catch (error) {
      if (!abort.signal.aborted) notOpened(error);
    }
  }

  function notOpened(error: unknown): void {
    complain(`no MQTT connection: ${messageOf(error)}; trying again`);
    cancelRetry = clock.after(retry.next(), open);
  }

  function use(mqtt: MqttClient): void {
    client = mqtt;
    boundPackets(mqtt.stream, (problem) => drop(mqtt, new Error(problem)));
    mqtt.on('connect', () => void announce(mqtt));
    mqtt.on('message', (topic, payload, { retain }) => {
      if (mqtt !== client) return;
      for (const listener of messageListeners) safely(() => listener(topic, payload, retain));
    });
    // Called after `message`: the next packet is parsed, and a QoS 1 message confirmed, when it is done.
    mqtt.handleMessage = (_packet, done) => {
      const until = held;
      held = undefined;
      if (!until) done();
      else
        until.then(
          () => done(),
          () => done(),
        );
    };
    mqtt.on('error', (error) => drop(mqtt, error));
    mqtt.on('close', () => drop(mqtt, new Error('the connection was closed')));
  }

  async function announce(mqtt: MqttClient): Promise<void> {
    if (mqtt !== client) return;
    try {
      for (const [filter, qos] of filters) await subscribeOn(mqtt, filter, qos);
    } catch (error) {
      drop(mqtt, error);
      return;
    }
    if (mqtt !== client || up) return;
    up = true;
    upSince = clock.mono();
    lastComplaint = '';
    log.info({ url: options.url, clientId: options.clientId }, 'connected to the MQTT broker');
    for (const listener of upListeners) safely(listener);
  }

  /** Ends one connection for good, whatever it was doing, and plans the next. */
  function drop(mqtt: MqttClient, reason: unknown): void {
    if (mqtt !== client) return;
    const wasUp = up;
    client = undefined;
    up = false;
    // A broker that drops each connection at once must not be retried at full speed for ever.
    const wasSteady = wasUp && clock.mono() - upSince >= STEADY_MS;
    if (wasUp) brief = wasSteady ? 0 : brief + 1;
    if (wasSteady) {
      retry.reset();
      refusedRetry.reset();
    }
    for (const reject of waiting) reject(new Error(`MQTT: ${messageOf(reason)}`));
    waiting.clear();
    mqtt.end(true);
    if (wasUp) for (const listener of downListeners) safely(listener);
    if (!running) return;
    const refused = isRefusal(reason);
    complain(whyAway(messageOf(reason), refused, brief), refused);
    const ms = refused ? refusedRetry.next() : wasSteady ? Math.random() * returnSpreadMs : retry.next();
    cancelRetry = clock.after(ms, open);
  }

  /** A promise for something the broker does, ended by `ms`, by a cut, or by its callback. */
  function bounded(mqtt: MqttClient, what: string, ms: number, begin: (done: (error?: Error) => void) => void) {
    return new Promise<void>((resolve, reject) => {
      const finish = (error?: Error) => {
        cancel();
        waiting.delete(finish);
        if (error) reject(error);
        else resolve();
      };
      const cancel = clock.after(ms, () => drop(mqtt, new Error(`the broker did not confirm ${what} in ${ms} ms`)));
      waiting.add(finish);
      try {
        begin(finish);
      } catch (error) {
        finish(new Error(`MQTT: ${messageOf(error)}`));
      }
    });
  }

  function subscribeOn(mqtt: MqttClient, filter: string, qos: 0 | 1): Promise<void> {
    return bounded(mqtt, 'a subscription', connectTimeoutMs, (done) =>
      mqtt.subscribe(filter, { qos }, (error, granted) => {
        const refused = error !== null || granted?.some((grant) => grant.qos >= SUBSCRIPTION_REFUSED);
        done(refused ? new RefusedError(`subscription to ${filter} refused`) : undefined);
      }),
    );
  }

  function publish(message: LinkMessage): Promise<void> {
    const mqtt = client;
    if (!mqtt || !up) return Promise.reject(new Error('MQTT: not connected'));
    return bounded(mqtt, 'a message', publishTimeoutMs, (done) =>
      mqtt.publish(message.topic, message.payload, { qos: message.qos, retain: message.retain }, (error) =>
        done(error ? new Error(`MQTT: ${messageOf(error)}`) : undefined),
      ),
    );
  }

  return {
    get up() {
      return up;
    },
    start() {
      if (running) return;
      running = true;
      open();
    },
    async stop(last) {
      running = false;
      cancelRetry();
      opening?.abort(new Error('stopped'));
      const mqtt = client;
      if (!mqtt) return;
      if (up) {
        const farewell = (last ? publish(last) : Promise.resolve())
          .then(() => mqtt.endAsync())
          .catch((error) => log.info(`the MQTT connection was not closed in order: ${messageOf(error)}`));
        await inTime(clock, STOP_MS, farewell, () => undefined);
      }
      drop(mqtt, new Error('stopped'));
    },
    publish,
    hold(until) {
      held = held ? Promise.allSettled([held, until]) : until;
    },
    subscribe(filter, qos) {
      filters.set(filter, qos);
      const mqtt = client;
      if (mqtt && up) subscribeOn(mqtt, filter, qos).catch((error) => drop(mqtt, error));
    },
    onMessage: (listener) => listen(messageListeners, listener),
    onUp: (listener) => listen(upListeners, listener),
    onDown: (listener) => listen(downListeners, listener),
  };
}

function listen<T>(listeners: Set<T>, listener: T): Unsubscribe {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
