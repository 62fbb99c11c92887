/** Every kind of series of samples, by the form of its address. To add one: an entry in the contract, a file, and a line here. */
import { type SensorKind, sensorKindOf } from '../../../../shared/contract/config/sensor-kinds.ts';
import type { SensorSourceConfig } from '../../../../shared/contract/config/sensor-source.ts';
import type { Clock } from '../../../../shared/kit/clock.ts';
import { openFollowed } from './followed.ts';
import { createHttpAsker } from './http.ts';
import { openTopic } from './mqtt.ts';
import { openPolled } from './polled.ts';
import { openReplay } from './replay.ts';
import { openSerial } from './serial.ts';
import type { SampleEvents, SampleSource } from './source.ts';

export interface SampleOptions {
  readonly source: SensorSourceConfig;
  /** The model's channels, in order. */
  readonly channels: readonly string[];
  /** Tells this reader from others, at a broker. */
  readonly clientId: string;
  /** A live source without a sample for so long is reported (`source-stalled`), once until the next sample. */
  readonly quietMs: number;
  /** Nobody has said how often samples come: that is learned (quiet.ts), and `quietMs` holds until then. */
  readonly ownRhythm?: boolean;
  readonly clock: Clock;
}

type Open = (options: SampleOptions, events: SampleEvents) => SampleSource;

// Their libraries take 18 and 72 MB: only of those who use them.
const modbus = async ({ source, channels }: SampleOptions) =>
  (await import('./modbus/asker.ts')).createModbusAsker(source, channels);
const opcua = async ({ source, channels }: SampleOptions) =>
  (await import('./opcua/asker.ts')).createOpcuaAsker(source, channels);

const kinds: Readonly<Record<SensorKind, Open>> = {
  file: (options, events) =>
    options.source.follow
      ? openFollowed(options, events)
      : openReplay(options.source, options.channels, options.clock, events),
  broker: ({ source, channels, clock, ...options }, events) => openTopic(source, channels, options, clock, events),
  http: (options, events) => openPolled(options, async () => createHttpAsker(options.source), events),
  serial: openSerial,
  modbus: (options, events) => openPolled(options, () => modbus(options), events),
  opcua: (options, events) => openPolled(options, () => opcua(options), events),
};

/** @param options of a source that its schema has checked */
export function openSamples(options: SampleOptions, events: SampleEvents): SampleSource {
  return kinds[sensorKindOf(options.source.url) ?? 'file'](options, events);
}
