/** Sources of sensors, by the scheme of their address. To add one: a file, and a line here. */
import type { SensorSourceConfig } from '../../../shared/contract/config/sensor.ts';
import type { Clock } from '../../../shared/kit/clock.ts';
import { openTopic } from './sensor-mqtt.ts';
import { openReplay } from './sensor-replay.ts';
import type { SampleEvents, SampleSource } from './sensor-source.ts';

export interface SampleOptions {
  readonly source: SensorSourceConfig;
  /** The model's channels, in order. */
  readonly channels: readonly string[];
  /** Tells this reader from others, at a broker. */
  readonly clientId: string;
  /** A live source that says nothing for so long is reported (`source-stalled`), once until it speaks again. */
  readonly quietMs: number;
  readonly clock: Clock;
}

export function openSamples(
  { source, channels, clientId, quietMs, clock }: SampleOptions,
  events: SampleEvents,
): SampleSource {
  return /^(mqtts?|wss?):\/\//i.test(source.url)
    ? openTopic(source, channels, { clientId, quietMs }, clock, events)
    : openReplay(source, channels, clock, events);
}
