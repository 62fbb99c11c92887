/**
 * The hub as a client of an external broker (Mosquitto, EMQX, any MQTT 3.1.1 or 5): `VEDETTE_MQTT_URL`.
 *
 * The broker checks credentials and rights: deploy/mosquitto makes its rules from the same topic table. The hub takes a message
 * if its topic is in the table and the hub knows the device. Whether a device is online is what its retained `up/status` and
 * its last will say.
 *
 * Nothing is lost when this connection, the hub or the broker fails: a device sends again what was not acknowledged on
 * `down/ack`. So the session is clean: the hub does not need what the broker would queue for it.
 */
import { randomBytes } from 'node:crypto';
import { channels, type DownChannel, filterOfAll, isUp, parseTopic, topicOf } from '../../shared/contract/channels.ts';
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
const SUBSCRIBED = ['status', 'records', 'report', 'preview', 'sample'] as const;
/** Messages that the broker has not confirmed yet. More means that it does not keep up; acks are sent again. */
const MAX_IN_FLIGHT = 4096;
/** Messages that wait until the hub has looked whose they are; devices send again what is dropped. */
const MAX_WAITING = 4096;
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
  let waiting = 0;
  let last: Promise<void> = Promise.resolve();

  link.onMessage((topic, payload) => {
    const parsed = parseTopic(topic);
    if (!parsed) return;
    const { device, channel } = parsed;
    if (!isUp(channel)) return;
    if (waiting >= MAX_WAITING) {
      metrics.queueDropped.inc();
      return;
    }
    waiting++;
    // One after the other: the messages of a device keep their order.
    last = last
      .then(() => options.isKnown(device))
      .then((isKnown) => {
        if (!isKnown) return metrics.deniedMessages.inc({ reason: 'unknown device' });
        // All devices share this connection, so none of them is held: one that sends too much loses messages of its own lane.
        void events.message(device, channel, payload);
        if (channel === 'status') events.subscribed(device);
      })
      .catch((error: unknown) =>
        log.error({ device, err: error }, 'a message was not taken; its device sends it again'),
      )
      .finally(() => {
        waiting--;
      });
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
