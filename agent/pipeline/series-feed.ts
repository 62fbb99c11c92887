/** How the samples of a sensor, or the sound of a microphone, become the windows of a model. */
import { randomBytes } from 'node:crypto';
import { type AudioStream, onlineChannels, type SensorStream } from '../../shared/contract/config/sensor.ts';
import { isImageInput, isWindowInput } from '../../shared/contract/model-manifest.ts';
import type { Engine } from '../../shared/engine/engine.ts';
import { createWindows, type SensorWindow } from '../../shared/engine/series/windows.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { CodedError } from '../../shared/kit/errors.ts';
import { createNowAndThen } from '../../shared/kit/now-and-then.ts';
import type { WalkOutputs } from './outputs.ts';
import { createFit } from './sensor/fit.ts';
import type { Online } from './sensor/online.ts';
import { createSoundWindows } from './sensor/sound-windows.ts';
import { openSamples } from './source/series/registry.ts';
import { openSoundSource } from './source/series/sound.ts';
import type { SampleEvents } from './source/series/source.ts';

/** The walk that a source is plugged into. */
export interface Feed {
  walk(windows: Iterable<SensorWindow>): Promise<void>;
  read(samples: number, dropped: number): void;
  readonly out: WalkOutputs;
  readonly onEnd: SampleEvents['onEnd'];
}

export type OpenFeed = (feed: Feed) => { close(): Promise<void> };

/** A shorter silence of a live sensor is not reported. */
const QUIET_MS = 10_000;
/** Of notes on pauses: a file that is read fast may have thousands. */
const NOTE_MS = 60_000;
/** Nobody has said how often a series with an online detector gives a sample. */
const ONLINE_QUIET_MS = 600_000;

/** @throws CodedError `config-invalid` for a stream whose model takes something else */
export function feedOf(
  id: string,
  config: SensorStream | AudioStream,
  engine: Engine | Online,
  clock: Clock,
): OpenFeed {
  if ('online' in engine) {
    if (config.kind !== 'sensor')
      throw new CodedError('config-invalid', 'an online detector is for streams of kind sensor');
    return onlineFeed(id, config, clock);
  }
  return config.kind === 'sensor' ? sensorFeed(id, config, engine, clock) : soundFeed(config, engine, clock);
}

function sensorFeed(id: string, config: SensorStream, engine: Engine, clock: Clock): OpenFeed {
  const { input } = engine.manifest;
  if (!isWindowInput(input)) throw otherKind(engine, 'sensor', 'the series of a sensor');
  const unknown = Object.keys(config.source.values ?? {}).find((channel) => !input.channels.includes(channel));
  if (unknown !== undefined) {
    const known = input.channels.join(', ');
    throw new CodedError('config-invalid', `source.values names "${unknown}"; the model's channels are: ${known}`);
  }
  const windows = createWindows(input, config.maxGapS === undefined ? undefined : config.maxGapS * 1000);
  const quietMs = Math.max(QUIET_MS, windows.maxGapMs);
  const options = { source: config.source, channels: input.channels, clientId: clientIdOf(id), quietMs, clock };
  return ({ walk, read, out, onEnd }) => {
    // A pause is harmless: a sensor that stays silent is told of by its source.
    const pauses = createNowAndThen<string>(clock, NOTE_MS, (message, times) =>
      out.onNote?.(times > 1 ? `${message} (${times} times)` : message),
    );
    const fit = createFit(input, windows.maxGapMs);
    let gaps = 0;
    let over = false;
    const end: SampleEvents['onEnd'] = (failure) => {
      if (over) return;
      over = true;
      pauses.flush();
      onEnd(failure);
    };
    const counted = function* (formed: Iterable<SensorWindow>, shiftMs = 0) {
      for (const window of formed) {
        fit.formed();
        yield { ...window, shiftMs };
      }
    };
    const source = openSamples(options, {
      onOpened: () => out.onOpened(undefined),
      async onSamples(samples, dropped) {
        if (over) return;
        read(samples.length, dropped);
        for (const sample of samples) {
          await walk(counted(windows.push(sample), sample.shiftMs));
          fit.came(sample.atMs);
          if (windows.gaps === gaps) continue;
          gaps = windows.gaps;
          const seconds = windows.maxGapMs / 1000;
          pauses.add('', `a pause of more than ${seconds} s (maxGapS): windows begin anew`);
          const hopeless = fit.whyNever(gaps);
          if (hopeless === undefined) continue;
          void source.close();
          return end({ code: 'config-invalid', message: hopeless });
        }
      },
      onProblem: out.onProblem,
      onNote: (message) => out.onNote?.(message),
      onEnd(failure) {
        const tooShort = failure ? undefined : fit.whyNone();
        end(tooShort === undefined ? failure : { code: 'config-invalid', message: tooShort });
      },
    });
    return {
      async close() {
        over = true;
        await source.close();
        pauses.flush();
      },
    };
  };
}

/** Samples as they come: nothing is resampled, and a pause is part of the series. */
function onlineFeed(id: string, config: SensorStream, clock: Clock): OpenFeed {
  const channels = onlineChannels(config);
  const quietMs = Math.max(ONLINE_QUIET_MS, 1000 * (config.maxGapS ?? 0));
  const ownRhythm = config.maxGapS === undefined;
  const options = { source: config.source, channels, clientId: clientIdOf(id), quietMs, ownRhythm, clock };
  return ({ walk, read, out, onEnd }) =>
    openSamples(options, {
      onOpened: () => out.onOpened(undefined),
      async onSamples(samples, dropped) {
        read(samples.length, dropped);
        const windows = samples.map(({ atMs, shiftMs = 0, values, restart }) => ({
          tensor: Float32Array.from(values),
          atMs,
          shiftMs,
          last: values,
          restart,
        }));
        await walk(windows);
      },
      onProblem: out.onProblem,
      onNote: (message) => out.onNote?.(message),
      onEnd,
    });
}

function clientIdOf(stream: string): string {
  return `vedette-${stream.slice(0, 32)}-${randomBytes(4).toString('hex')}`;
}

function soundFeed(config: AudioStream, engine: Engine, clock: Clock): OpenFeed {
  const { input } = engine.manifest;
  if (isImageInput(input) || isWindowInput(input)) throw otherKind(engine, 'audio', 'sound');
  const windows = createSoundWindows(input);
  return ({ walk, read, out, onEnd }) =>
    openSoundSource(config.source, input.sampleRate, clock, {
      onOpened: () => out.onOpened(undefined),
      async onSound(samples) {
        read(samples.length, 0);
        await walk(windows.push(samples));
      },
      onProblem: out.onProblem,
      onEnd,
    });
}

function otherKind({ manifest }: Engine, kind: string, takes: string): CodedError {
  const { input } = manifest;
  const found = isImageInput(input) ? 'picture' : isWindowInput(input) ? 'sensor' : 'audio';
  const text = `a stream of kind ${kind} needs a model of ${takes}; ${manifest.name} is for streams of kind ${found}`;
  return new CodedError('config-invalid', text);
}
