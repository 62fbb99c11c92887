/**
 * Sound: pieces of PCM out of any FFmpeg source or a microphone. A file plays at its own speed (`pace: pts`) or as fast as it is analysed;
 * what somebody else sends is taken as it comes.
 */
import { type AudioSourceConfig, soundKindOf } from '../../../../shared/contract/config/sensor.ts';
import { openSound, type SoundReader } from '../../../../shared/engine/frames/audio.ts';
import type { Clock } from '../../../../shared/kit/clock.ts';
import { CodedError, type ErrorCode, messageOf } from '../../../../shared/kit/errors.ts';
import { shownAddress } from '../../../../shared/kit/shown-address.ts';
import { withCredentials } from '../address.ts';
import { withTrust } from '../camera-tls.ts';
import { createFaults } from './faults.ts';
import { openMicrophone } from './microphone.ts';
import { leave, type SlowDisk, watchDisk } from './slow-disk.ts';

export interface SoundEvents {
  onOpened(): void;
  /** Mono samples, -1 to 1; the source waits for the promise before it reads on. */
  onSound(samples: Float32Array): Promise<void>;
  onProblem(code: ErrorCode, message: string, count: number): void;
  /** The last call: the source ended in order (no failure), or broke. Does not come after `close`. */
  onEnd(failure?: { readonly code: ErrorCode; readonly message: string }): void;
}

export interface SoundSource {
  close(): Promise<void>;
}

/** A microphone or a server that gives no sound for so long has stalled. */
const STALL_MS = 5_000;
/** How long opening may take, unless `openS` says otherwise. */
const OPEN_MS = 10_000;

export function openSoundSource(
  source: AudioSourceConfig,
  sampleRate: number,
  clock: Clock,
  events: SoundEvents,
): SoundSource {
  const stop = new AbortController();
  const shown = shownAddress(source.url);
  const faults = createFaults(clock, events.onProblem);
  const disk = watchDisk(clock, (message) => events.onProblem('source-stalled', `${shown}: ${message}`, 1));
  const kind = soundKindOf(source.url);
  const live = kind !== 'path';

  const playOnce = async (round: number, origin: Origin): Promise<void> => {
    if (kind === undefined) throw new CodedError('source-open', `${shown}: no such kind of sound`);
    const onUndecodable = (message: string) => faults.add('frame-undecodable', `${shown}: ${message}`);
    const openMs = source.openS === undefined ? OPEN_MS : source.openS * 1000;
    const open = (signal: AbortSignal) => {
      if (kind === 'microphone')
        return openMicrophone({ url: source.url, sampleRate, clock, onLost: onUndecodable }, signal);
      const from = kind === 'path' ? 'file' : kind;
      const url = withCredentials(source);
      const openWith = (trust: Readonly<Record<string, string>>) => {
        const options = { ...optionsOf(source), ...trust };
        return openSound({ from, url, shown, options, sampleRate, onUndecodable }, signal);
      };
      return withTrust(source, shown, openWith, signal);
    };
    if (!live) disk.asked();
    const reader = await (live ? openOrStall(open, shown, openMs, clock, stop.signal) : open(stop.signal));
    const interrupt = () => reader.interrupt();
    stop.signal.addEventListener('abort', interrupt);
    try {
      if (round === 0) events.onOpened();
      const next = live ? orStall(reader, shown, clock) : fromDisk(reader, disk);
      let samples = 0;
      for (let piece = await next(); piece; piece = await next()) {
        stop.signal.throwIfAborted();
        samples += piece.length;
        origin.samples += piece.length;
        await events.onSound(piece);
        if (live || source.pace === 'fast') continue;
        const aheadMs = origin.mono + (origin.samples * 1000) / sampleRate - clock.mono();
        if (aheadMs > 0) await clock.sleep(aheadMs, stop.signal);
      }
      if (samples === 0) throw new CodedError('source-open', `${shown}: no sound could be decoded`);
    } finally {
      stop.signal.removeEventListener('abort', interrupt);
      faults.flush();
      await reader.close();
    }
  };

  const play = async () => {
    const origin = { mono: clock.mono(), samples: 0 };
    for (let round = 0; round === 0 || (source.loop && !live); round++) await playOnce(round, origin);
    if (live) throw new CodedError('source-ended', `${shown}: the sound has ended`);
  };

  const done = play()
    .finally(disk.stop)
    .then(
      () => stop.signal.aborted || events.onEnd(),
      (error) => stop.signal.aborted || events.onEnd(failureOf(shown, error)),
    );
  return {
    async close() {
      stop.abort();
      disk.stop();
      await leave(clock, done);
    },
  };
}

/**
 * Of a camera only the sound is wanted, and its picture, which may come twice a second, is not waited for. But it is set up too: a server
 * that shares one medium among its viewers (GStreamer's) refuses the picture to others after a session that left it out.
 */
function optionsOf({ url, transport = 'tcp' }: AudioSourceConfig): Readonly<Record<string, string>> {
  if (soundKindOf(url) !== 'rtsp') return {};
  return { rtsp_transport: transport, fpsprobesize: '0', analyzeduration: '300000' };
}

/** When playing began, and how much has been played since. */
interface Origin {
  readonly mono: number;
  samples: number;
}

async function openOrStall(
  open: (signal: AbortSignal) => Promise<SoundReader>,
  shown: string,
  openMs: number,
  clock: Clock,
  stop: AbortSignal,
): Promise<SoundReader> {
  const late = new AbortController();
  const cancel = clock.after(openMs, () =>
    late.abort(new CodedError('source-open', `${shown}: no answer within ${openMs} ms`)),
  );
  try {
    return await open(AbortSignal.any([stop, late.signal]));
  } finally {
    cancel();
  }
}

/** A file is waited for: a read of it cannot be interrupted. */
function fromDisk(reader: SoundReader, disk: SlowDisk): () => Promise<Float32Array | undefined> {
  return async () => {
    disk.asked();
    try {
      return await reader.next();
    } finally {
      disk.answered();
    }
  };
}

/** @returns the next piece; throws `source-stalled` when there was none for too long */
function orStall(reader: SoundReader, shown: string, clock: Clock): () => Promise<Float32Array | undefined> {
  // An interrupted read may still give what it had; then it is the next one that fails.
  let stalled = false;
  return async () => {
    const cancel = clock.after(STALL_MS, () => {
      stalled = true;
      reader.interrupt();
    });
    try {
      return await reader.next();
    } catch (error) {
      if (!stalled) throw error;
      throw new CodedError('source-stalled', `${shown}: no sound for ${STALL_MS} ms`);
    } finally {
      cancel();
    }
  };
}

function failureOf(shown: string, error: unknown): { code: ErrorCode; message: string } {
  if (error instanceof CodedError) return { code: error.code, message: error.message };
  return { code: 'internal', message: `${shown}: ${messageOf(error)}` };
}
