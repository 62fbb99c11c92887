/** A bare MQTT connection for checks of a broker: it comes once, and does what a healthy client never does. A home of `mqtt`. */
import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import type { Clock } from '../../../shared/kit/clock.ts';
import { inTime } from '../../../shared/kit/deadline.ts';
import { messageOf } from '../../../shared/kit/errors.ts';
import type { LinkOptions } from '../../../shared/kit/link.ts';

/** Where, and as whom. */
export type Login = Pick<LinkOptions, 'url' | 'username' | 'password' | 'tls'>;

/** The same broker, as nobody. */
export function nobody({ url, tls }: Login): Login {
  return { url, ...(tls?.ca === undefined ? {} : { tls: { ca: tls.ca } }) };
}

export interface ProbeOptions {
  readonly login: Login;
  readonly clientId: string;
  readonly version: 4 | 5;
  readonly will?: { readonly topic: string; readonly payload: string };
  /** Seconds; the probe never pings. Default: none is promised. */
  readonly keepaliveS?: number;
  readonly clock: Clock;
}

export interface Heard {
  readonly topic: string;
  readonly payload: Buffer;
  readonly retained: boolean;
  readonly qos: number;
}

export interface Probe {
  /** Resolves when the broker has confirmed it. @throws Error with what it answered, or that it did not */
  publish(topic: string, payload: Buffer | string, options?: { retain?: boolean }): Promise<void>;
  /** @returns the QoS that was granted @throws Error when it was refused */
  subscribe(filter: string): Promise<number>;
  /** The next message of a topic; undefined when none comes in `ms`. */
  next(topic: string, ms: number): Promise<Heard | undefined>;
  /** Did the broker end the connection within `ms`? */
  ended(ms: number): Promise<boolean>;
  /** Ends the connection as a cut line does. */
  cut(): void;
  /** Says farewell. */
  end(): Promise<void>;
}

/** For one answer of the broker, in milliseconds. */
export const ANSWER_MS = 3_000;
/** What is heard and nobody waits for; far more than any check. */
const MOST_HEARD_BYTES = 64 * 1024 * 1024;
/** A client that never pings. */
const NEVER = { set: () => 0, clear: () => undefined };

/** @throws Error that says why there is no connection */
export async function openProbe(options: ProbeOptions): Promise<Probe> {
  const { login, clientId, version, will, keepaliveS = 0, clock } = options;
  const { url, tls, ...who } = login;
  const clientOptions: IClientOptions = {
    ...who,
    ...tls,
    clientId,
    protocolVersion: version,
    clean: true,
    ...(will === undefined ? {} : { will: { ...will, payload: Buffer.from(will.payload), qos: 1, retain: true } }),
    keepalive: keepaliveS,
    timerVariant: NEVER,
    connectTimeout: ANSWER_MS,
    reconnectPeriod: 0,
    resubscribe: false,
  };
  const client = connect(url, clientOptions);
  let failure: unknown;
  client.on('error', (error) => {
    failure ??= error;
  });
  const connected = new Promise<void>((resolve, reject) => {
    client.once('connect', () => resolve());
    client.once('close', () =>
      reject(new Error(failure === undefined ? 'it ended the connection' : messageOf(failure))),
    );
  });
  try {
    await inTime(clock, ANSWER_MS, connected, () => {
      throw new Error(`no answer within ${ANSWER_MS} ms`);
    });
  } catch (error) {
    client.end(true);
    throw error;
  }
  return probeOn(client, clock);
}

function probeOn(client: MqttClient, clock: Clock): Probe {
  const heard: Heard[] = [];
  const waiting = new Set<() => void>();
  let bytes = 0;
  client.on('message', (topic, payload, { retain, qos }) => {
    bytes += topic.length + payload.length;
    if (bytes > MOST_HEARD_BYTES) {
      client.stream.destroy();
      return;
    }
    heard.push({ topic, payload, retained: retain, qos });
    for (const wake of waiting) wake();
  });
  const closed = new Promise<true>((resolve) => client.once('close', () => resolve(true)));
  const late = (what: string) => () => {
    throw new Error(`${what} was not answered within ${ANSWER_MS} ms`);
  };
  /** An answer, or the end of the connection. */
  const answered = <T>(what: string, promise: Promise<T>): Promise<T> =>
    inTime(
      clock,
      ANSWER_MS,
      Promise.race([
        promise,
        closed.then(() => {
          throw new Error(`the broker ended the connection instead of answering ${what}`);
        }),
      ]),
      late(what),
    );
  return {
    async publish(topic, payload, { retain = false } = {}) {
      await answered('a PUBLISH', client.publishAsync(topic, payload, { qos: 1, retain }));
    },
    async subscribe(filter) {
      const granted = await answered('a SUBSCRIBE', client.subscribeAsync(filter, { qos: 1 }));
      const qos = granted[0]?.qos ?? 128;
      if (qos > 2) throw new Error(`the subscription was refused (${qos})`);
      return qos;
    },
    async next(topic, ms) {
      const take = () => {
        const at = heard.findIndex((one) => one.topic === topic);
        return at < 0 ? undefined : heard.splice(at, 1)[0];
      };
      const found = take();
      if (found) return found;
      let wake: () => void = () => undefined;
      const came = new Promise<Heard>((resolve) => {
        wake = () => {
          const one = take();
          if (!one) return;
          // The next message is for the next who waits.
          waiting.delete(wake);
          resolve(one);
        };
      });
      waiting.add(wake);
      const one = await inTime(clock, ms, came, () => undefined);
      waiting.delete(wake);
      return one;
    },
    ended: (ms) => inTime(clock, ms, closed, () => false as const),
    cut: () => void client.stream.destroy(),
    end: () =>
      inTime(
        clock,
        ANSWER_MS,
        Promise.race([client.endAsync(), closed]).then(() => undefined),
        // It waits for the broker for ever, and does not hear a second `end`.
        () => void client.stream.destroy(),
      ),
  };
}
