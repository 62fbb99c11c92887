/**
 * A microphone of this machine, by ALSA's own `arecord` (Debian: alsa-utils), which knows every plugin and setting of the system's ALSA;
 * the FFmpeg that is linked in has none of them.
 *
 * Invariants:
 * 1. The recorder is gone when `close` resolves, and ends by itself when this process dies: nobody reads its output then.
 * 2. It gets a device's name and nothing else of the configuration; which names are taken says shared/contract/config/microphone.ts.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { microphoneOf } from '../../../../shared/contract/config/microphone.ts';
import type { SoundReader } from '../../../../shared/engine/frames/audio.ts';
import type { Clock } from '../../../../shared/kit/clock.ts';
import { CodedError, type ErrorCode } from '../../../../shared/kit/errors.ts';
import { inheritedEnv, searchPath } from '../../../../shared/kit/inherited-env.ts';

export interface MicrophoneOptions {
  /** `alsa:DEVICE` */
  readonly url: string;
  /** The wanted samples per second, in Hz. ALSA converts to it, except for a device `hw:…`, which has to have it. */
  readonly sampleRate: number;
  readonly clock: Clock;
  /** Called when sound was lost because nobody took it in time. */
  readonly onLost: (message: string) => void;
}

type Recorder = ChildProcessByStdio<null, Readable, Readable>;

/** One channel of signed 16 bits, the lower byte first. */
const FORM = ['--file-type', 'raw', '--format', 'S16_LE', '--channels', '1'];
const BYTES = 2;
const FULL_SCALE = 32_768;
const KILL_MS = 1_000;
const LONGEST_REASON = 300;

/** What mends what ALSA complains of. */
const HINTS: readonly (readonly [sign: RegExp, hint: string])[] = [
  [/busy/i, 'another program records from it; a device `dsnoop:…` can be shared'],
  [/permission denied/i, 'the user of the agent has to be in the group `audio`'],
  [
    /not available|unable to install hw params/i,
    'the device has no such form of its own; a device `plughw:…` converts',
  ],
  [/no such (file|device)|cannot find card|unknown pcm/i, '`arecord -L` lists the devices of this machine'],
];

/**
 * @param signal ends the waiting for the first sound
 * @throws CodedError `source-open` with ALSA's reason and what to do
 */
export async function openMicrophone(options: MicrophoneOptions, signal: AbortSignal): Promise<SoundReader> {
  signal.throwIfAborted();
  const { url, sampleRate, clock, onLost } = options;
  const device = microphoneOf(url);
  if (device === undefined) throw new CodedError('source-open', `${url}: is no microphone`);
  const recorder = spawn('arecord', ['--device', device, ...FORM, '--rate', String(sampleRate)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: searchPath(), LC_ALL: 'C', ...inheritedEnv() },
  });
  const complaints = listen(recorder, onLost);
  const gone = new Promise<void>((resolve) => {
    recorder.once('close', () => resolve());
    recorder.once('error', () => resolve());
  });
  const failure = (code: ErrorCode) => new CodedError(code, `${url}: ${whyOf(complaints())}`);
  const close = async () => {
    recorder.kill();
    recorder.stdout.destroy();
    const cancel = clock.after(KILL_MS, () => recorder.kill('SIGKILL'));
    await gone;
    cancel();
  };
  const interrupt = () => void recorder.kill('SIGKILL');
  signal.addEventListener('abort', interrupt, { once: true });
  try {
    await Promise.race([new Promise((resolve) => recorder.stdout.once('readable', resolve)), gone]);
    signal.throwIfAborted();
    const first: Buffer | null = recorder.stdout.read();
    if (!first) {
      await gone;
      throw failure('source-open');
    }
    return readerOf(recorder.stdout, first, { failed: () => failure('source-ended'), interrupt, close });
  } catch (error) {
    await close();
    throw error;
  } finally {
    signal.removeEventListener('abort', interrupt);
  }
}

interface Means {
  readonly failed: () => CodedError;
  readonly interrupt: () => void;
  readonly close: () => Promise<void>;
}

function readerOf(output: Readable, first: Buffer, { failed, interrupt, close }: Means): SoundReader {
  const pieces: AsyncIterator<Buffer> = output[Symbol.asyncIterator]();
  let waiting: Buffer | undefined = first;
  /** A piece may end in the middle of a sample. */
  let half: Buffer = Buffer.alloc(0);
  return {
    async next() {
      const piece = waiting ?? (await pieces.next()).value;
      waiting = undefined;
      // A microphone has no end.
      if (!piece) throw failed();
      const bytes = half.length === 0 ? piece : Buffer.concat([half, piece]);
      const count = Math.floor(bytes.length / BYTES);
      half = bytes.subarray(count * BYTES);
      return Float32Array.from({ length: count }, (_, i) => bytes.readInt16LE(i * BYTES) / FULL_SCALE);
    },
    interrupt,
    close,
  };
}

/** Hears what the recorder complains of. @returns its last words */
function listen(recorder: Recorder, onLost: (message: string) => void): () => string {
  let said = '';
  recorder.once('error', (error: NodeJS.ErrnoException) => {
    said = error.code === 'ENOENT' ? '`arecord` is not installed: `apt install alsa-utils`' : error.message;
  });
  recorder.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (/overrun/i.test(text)) onLost('sound was lost, because it came faster than it is analysed');
    else said = `${said}${text}`.slice(-LONGEST_REASON * 4);
  });
  return () => said;
}

function whyOf(said: string): string {
  const lines = said.split('\n').filter((line) => line.trim() !== '' && !/^Recording /.test(line));
  const why = lines
    .join('; ')
    .replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, ' ')
    .slice(0, LONGEST_REASON);
  const hint = HINTS.find(([sign]) => sign.test(why))?.[1];
  return `${why === '' ? 'the microphone is gone' : why}${hint === undefined ? '' : `; ${hint}`}`;
}
