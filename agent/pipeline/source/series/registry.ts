/** Every kind of series of samples, by the form of its address. To add one: a file, and a line here. */
import type { SensorSourceConfig } from '../../../../shared/contract/config/sensor-source.ts';
import type { Clock } from '../../../../shared/kit/clock.ts';
import { openTopic } from './mqtt.ts';
import { openReplay } from './replay.ts';
import type { SampleEvents, SampleSource } from './source.ts';

export interface SampleOptions {
  readonly source: SensorSourceConfig;
  /** The model's channels, in order. */
  readonly channels: readonly string[];
  /** Tells this reader from others, at a broker. */
  readonly clientId: string;
  /** A live source without a sample for so long is reported (`source-stalled`), once until the next sample. */
  readonly quietMs: number;
  readonly clock: Clock;
}

interface Kind {
  readonly address: RegExp;
  open(options: SampleOptions, events: SampleEvents): SampleSource;
}

const kinds: readonly Kind[] = [
  {
    address: /^(mqtts?|wss?):\/\//i,
    open: ({ source, channels, clientId, quietMs, clock }, events) =>
      openTopic(source, channels, { clientId, quietMs }, clock, events),
  },
];

/** What has no address of one of the kinds is a file. */
export function openSamples(options: SampleOptions, events: SampleEvents): SampleSource {
  const { source, channels, clock } = options;
  const kind = kinds.find(({ address }) => address.test(source.url));
  return kind ? kind.open(options, events) : openReplay(source, channels, clock, events);
}
