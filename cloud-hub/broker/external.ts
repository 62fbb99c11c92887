/**
 * The hub as a client of an external broker (Mosquitto, EMQX, any MQTT 3.1.1 or 5): `VEDETTE_MQTT_URL`.
 *
 * The broker checks who is who and who may what: its rules come out of deploy/mosquitto, made from the same topic table. Here
 * a message counts when its topic is of the table and its device is known. Whether a device is there is what its retained
 * `up/status` and its last will say.
 *
 * Nothing is lost when this connection, the hub or the broker goes: a device sends again what was not acknowledged on
 * `down/ack`. So the session is clean, and what the broker queued for a hub that was away is not needed.
 */
import { randomBytes } from 'node:crypto';
import { channels, type DownChannel, filterOfAll, parseTopic, topicOf } from '../../shared/contract/channels.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { createLink, type LinkOptions } from '../../shared/kit/link.ts';
import type { Logger } from '../../shared/kit/log.ts';
import { nowAndThen } from '../../shared/kit/now-and-then.ts';
import type { HubMetrics } from '../api/metrics.ts';
import type { BrokerEvents, HubBroker } from './broker.ts';

export interface ExternalBrokerOptions {
  /** Address, credentials and transport. */
  readonly connection: Pick<LinkOptions, 'url' | 'username' | 'password' | 'protocolVersion' | 'tls' | 'retryMs'>;
  /** Is there such a device? What others publish is left out. */
  readonly isKnown: (device: string) => boolean;
  readonly events: BrokerEvents;
  readonly metrics: HubMetrics;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What the hub takes in. */
const HEARD = ['status', 'records', 'report', 'preview'] as const;
/** Messages that the broker has not confirmed yet; more means that it does not keep up, and acks are said again. */
const MAX_UNDER_WAY = 4096;
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
    log.warn({ messages }, 'messages for devices were not taken by the MQTT broker; devices ask again'),
  );
  let underWay = 0;

  link.onMessage((topic, payload) => {
    const parsed = parseTopic(topic);
    if (!parsed) return;
    if (!options.isKnown(parsed.device)) {
      metrics.deniedMessages.inc({ reason: 'unknown device' });
      return;
    }
    // One connection carries all devices, so none is made to wait: what is too much of one is dropped from its own lane.
    void events.message(topic, payload);
    if (parsed.channel === 'status') events.subscribed(parsed.device);
  });
  for (const channel of HEARD) link.subscribe(filterOfAll(channel), channels[channel].qos);
  link.start();

  const undelivered = () => {
    metrics.undelivered.inc();
    complain(1);
  };
  return {
    isOpen: () => link.up,
    stop: () => link.stop(),
    // Only the broker can end a connection that is not ours; a device whose token was replaced is refused when it returns.
    disconnect: (device) => log.warn({ device }, 'an external broker keeps its connections: end this one there'),
    publish(device: string, channel: DownChannel, payload: Buffer) {
      if (!link.up || underWay >= MAX_UNDER_WAY) return undelivered();
      underWay++;
      const { qos, retain } = channels[channel];
      link
        .publish({ topic: topicOf(device, channel), payload, qos, retain })
        .catch(undelivered)
        .finally(() => {
          underWay--;
        });
    },
  };
}
