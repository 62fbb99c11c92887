/**
 * The hub as a client of an external broker (Mosquitto, EMQX, any MQTT 3.1.1 or 5): `VEDETTE_MQTT_URL`.
 *
 * The broker checks credentials and rights: deploy/mosquitto makes its rules from the same topic table. The hub takes a message
 * if its topic is in the table and the hub knows the device. Whether a device is online is what its retained `up/status` and
 * its last will say.
 *
 * What waits here is bounded: when the hub does not keep up, it reads no more of this connection, and the broker keeps what comes
 * within its own bounds.
 *
 * Nothing is lost when this connection, the hub or the broker fails: a device sends again what was not acknowledged on
 * `down/ack`. So the session is clean: the hub does not need what the broker would queue for it.
 */
import { randomBytes } from 'node:crypto';
import {
  channels,
  type DownChannel,
  filterOfAll,
  isUp,
  parseTopic,
  topicOf,
  type UpChannel,
} from '../../shared/contract/channels.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { createLink, type LinkOptions } from '../../shared/kit/link.ts';
import type { Logger } from '../../shared/kit/log.ts';
import { nowAndThen } from '../../shared/kit/now-and-then.ts';
import type { HubMetrics } from '../metrics.ts';
import type { BrokerEvents, HubBroker } from './broker.ts';

export interface ExternalBrokerOptions {
  /** Address, credentials and transport. */
  readonly connection: Pick<
    LinkOptions,
    'url' | 'username' | 'password' | 'protocolVersion' | 'tls' | 'open' | 'retryMs'
  >;
  /** Is there such a device? The hub ignores what others publish. */
  readonly isKnown: (device: string) => Promise<boolean>;
  readonly events: BrokerEvents;
  readonly metrics: HubMetrics;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The channels that the hub subscribes to. */
const SUBSCRIBED = ['status', 'records', 'report', 'preview', 'sample', 'log'] as const;
/** Messages that the broker has not confirmed yet. More means that it does not keep up; acks are sent again. */
const MAX_IN_FLIGHT = 4096;
/** Messages, and their bytes, that wait until the hub has looked whose they are. With more it reads none: the broker keeps them. */
const MAX_WAITING = 256;
const MAX_WAITING_BYTES = 8 * 1024 * 1024;
const COMPLAIN_AGAIN_MS = 10_000;

/**
 * Begins connecting, and goes on trying for ever; `isOpen` says whether it is connected.
 * @throws RangeError when the address is not an MQTT address
 */
export function startExternalBroker(options: ExternalBrokerOptions): HubBroker {
  const { events, metrics, log, clock } = options;
  const clientId = `vedette-hub-${randomBytes(6).toString('hex')}`;
  const link = createLink({ ...options.connection, clientId, keepaliveS: 15, clock, log });
  const complain = nowAndThen(clock, COMPLAIN_AGAIN_MS, (messages) =>
    log.warn({ messages }, 'the MQTT broker did not take messages for devices; the devices ask again'),
  );
  let inFlight = 0;
  const waiting = { messages: 0, bytes: 0 };
  let last: Promise<void> = Promise.resolve();

  const take = async (device: string, channel: UpChannel, payload: Buffer): Promise<void> => {
    if (!(await options.isKnown(device))) return metrics.deniedMessages.inc({ reason: 'unknown device' });
    // All devices share this connection, so none of them is held: one that sends too much loses messages of its own lane.
    events.message(device, channel, payload)?.catch(() => undefined);
    if (channel === 'status') events.subscribed(device);
    await events.room();
  };
  link.onMessage((topic, payload) => {
    const parsed = parseTopic(topic);
    if (!parsed) return;
    const { device, channel } = parsed;
    if (!isUp(channel)) return;
    waiting.messages++;
    waiting.bytes += payload.length;
    // One after the other: the messages of a device keep their order.
    last = last
      .then(() => take(device, channel, payload))
      .catch((error: unknown) =>
        log.error({ device, err: error }, 'a message was not taken; its device sends it again'),
      )
      .finally(() => {
        waiting.messages--;
        waiting.bytes -= payload.length;
      });
    if (waiting.messages >= MAX_WAITING || waiting.bytes >= MAX_WAITING_BYTES) link.hold(last);
  });
  for (const channel of SUBSCRIBED) link.subscribe(filterOfAll(channel), channels[channel].qos);
  link.start();

  const undelivered = () => {
    metrics.undelivered.inc();
    complain(1);
  };
  return {
    isOpen: () => link.up,
    stop: () => link.stop(),
    // Only the broker can end the connection. It refuses a device with a replaced token at the next connect.
    disconnect: (device) =>
      log.warn({ device }, 'the hub cannot end connections of an external broker: end this one at the broker'),
    publish(device: string, channel: DownChannel, payload: Buffer) {
      if (!link.up || inFlight >= MAX_IN_FLIGHT) return undelivered();
      inFlight++;
      const { qos, retain } = channels[channel];
      link
        .publish({ topic: topicOf(device, channel), payload, qos, retain })
        .catch(undelivered)
        .finally(() => {
          inFlight--;
        });
    },
  };
}
