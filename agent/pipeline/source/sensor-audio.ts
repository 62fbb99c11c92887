/**
 * Sound: pieces of PCM out of any FFmpeg source. A file plays at its own speed (`pace: pts`) or as fast as it is analysed;
 * what somebody else sends is taken as it comes.
 */
import type { AudioSourceConfig } from '../../../shared/contract/config/sensor.ts';
import { openSound, type SoundReader } from '../../../shared/engine/frames/audio.ts';
import type { Clock } from '../../../shared/kit/clock.ts';
import { CodedError, type ErrorCode, messageOf } from '../../../shared/kit/errors.ts';
import { withoutCredentials } from './address.ts';
import { createComplaints } from './sensor-complaints.ts';

export interface SoundEvents {
  onOpened(): void;
  /** Mono samples, -1 to 1; the source waits for the promise before it reads on. */
  onSound(samples: Float32Array): Promise<void>;
  onTrouble(code: ErrorCode, message: string, count: number): void;
  /** The last call: the source ended in order (no failure), or broke. Does not come after `close`. */
  onEnd(failure?: { readonly code: ErrorCode; readonly message: string }): void;
}

export interface SoundSource {
  close(): Promise<void>;
}

/** What gives no sound for so long, or does not open, has stalled. */
const STALL_MS = 5_000;

export function openSoundSource(
  source: AudioSourceConfig,
  sampleRate: number,
  clock: Clock,
  events: SoundEvents,
): SoundSource {
  const stop = new AbortController();
  const shown = withoutCredentials(source.url);
  const complaints = createComplaints(events.onTrouble);
  const live = /^[a-z][a-z0-9+.-]*:\/\//i.test(source.url) && !source.url.startsWith('file:');

  const playOnce = async (round: number, origin: Origin): Promise<void> => {
    const reader = await openOrStall(source.url, shown, sampleRate, clock, stop.signal, (message) =>
      complaints.add('frame-undecodable', `${shown}: ${message}`),
    );
    const interrupt = () => reader.interrupt();
    stop.signal.addEventListener('abort', interrupt);
    try {
      if (round === 0) events.onOpened();
      let heard = 0;
      for (
        let piece = await nextOrStall(reader, shown, clock);
        piece;
        piece = await nextOrStall(reader, shown, clock)
      ) {
        stop.signal.throwIfAborted();
        heard += piece.length;
        origin.samples += piece.length;
        await events.onSound(piece);
        if (live || source.pace === 'fast') continue;
        const aheadMs = origin.mono + (origin.samples * 1000) / sampleRate - clock.mono();
        if (aheadMs > 0) {
          complaints.flush();
          await clock.sleep(aheadMs, stop.signal);
        }
      }
      if (heard === 0) throw new CodedError('source-open', `${shown}: no sound could be decoded`);
    } finally {
      stop.signal.removeEventListener('abort', interrupt);
      complaints.flush();
      await reader.close();
    }
  };

  const play = async () => {
    const origin = { mono: clock.mono(), samples: 0 };
    for (let round = 0; round === 0 || (source.loop && !live); round++) await playOnce(round, origin);
    if (live) throw new CodedError('source-ended', `${shown}: the sound has ended`);
  };

  const done = play().then(
    () => stop.signal.aborted || events.onEnd(),
    (error) => stop.signal.aborted || events.onEnd(failureOf(shown, error)),
  );
  return {
    async close() {
      stop.abort();
      await done;
    },
  };
}

/** When playing began, and how much has been played since. */
interface Origin {
  readonly mono: number;
  samples: number;
}

async function openOrStall(
  url: string,
  shown: string,
  sampleRate: number,
  clock: Clock,
  stop: AbortSignal,
  onUndecodable: (message: string) => void,
): Promise<SoundReader> {
  const late = new AbortController();
  const cancel = clock.after(STALL_MS, () =>
    late.abort(new CodedError('source-open', `${shown}: no answer within ${STALL_MS} ms`)),
  );
  try {
    return await openSound({ url, shown, sampleRate, onUndecodable }, AbortSignal.any([stop, late.signal]));
  } finally {
    cancel();
  }
}

async function nextOrStall(reader: SoundReader, shown: string, clock: Clock): Promise<Float32Array | undefined> {
  let stalled = false;
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
}

function failureOf(shown: string, error: unknown): { code: ErrorCode; message: string } {
  if (error instanceof CodedError) return { code: error.code, message: error.message };
  return { code: 'internal', message: `${shown}: ${messageOf(error)}` };
}
