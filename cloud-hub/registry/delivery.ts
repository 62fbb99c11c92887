/**
 * Sending packages to devices: a byte range of an archive, at a rate that all downloads share, and no more downloads at once
 * than are good for the hub. Who is refused comes back later; ranges make that cheap.
 */
import { createReadStream } from 'node:fs';
import { type Readable, Transform } from 'node:stream';
import type { Clock } from '../../shared/kit/clock.ts';

const MAX_DOWNLOADS = 64;
const MAX_DOWNLOADS_A_DEVICE = 2;
const CHUNK_BYTES = 64 * 1024;

export interface ByteRange {
  readonly from: number;
  /** The last byte, included. */
  readonly to: number;
}

/**
 * Reads a `Range` header (RFC 9110, 14.1.2) for one range of `size` bytes.
 * @returns undefined: send the whole (no range, or one that is not understood); `unsatisfiable`: begins behind the end
 */
export function parseRange(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | undefined {
  const match = /^bytes=(?:(\d{1,15})-(\d{0,15})|-(\d{1,15}))$/.exec(header ?? '');
  if (!match) return undefined;
  const [, first, last, suffix] = match;
  const from = first === undefined ? Math.max(0, size - Number(suffix)) : Number(first);
  const to = first === undefined || last === '' ? size - 1 : Math.min(size - 1, Number(last));
  if (first !== undefined && last !== '' && Number(last) < from) return undefined;
  return from < size && (first !== undefined || Number(suffix) > 0) ? { from, to } : 'unsatisfiable';
}

export class Delivery {
  readonly #clock: Clock;
  readonly #bytesPerMs: number;
  readonly #underWay = new Map<string, number>();
  #total = 0;
  /** When the line is free again, by the monotonic clock. */
  #free = 0;

  /** @param megabits a second, of all downloads together */
  constructor(clock: Clock, megabits: number) {
    this.#clock = clock;
    this.#bytesPerMs = (megabits * 1e6) / 8 / 1000;
  }

  /**
   * Begins a download; undefined: too many at once.
   * @param who the device, or another name of who asks
   */
  open(file: string, { from, to }: ByteRange, who: string): Readable | undefined {
    const mine = this.#underWay.get(who) ?? 0;
    if (this.#total >= MAX_DOWNLOADS || mine >= MAX_DOWNLOADS_A_DEVICE) return undefined;
    this.#total++;
    this.#underWay.set(who, mine + 1);
    const source = createReadStream(file, { start: from, end: to, highWaterMark: CHUNK_BYTES });
    const paced = new Transform({
      highWaterMark: CHUNK_BYTES,
      transform: (chunk: Buffer, _encoding, done) => {
        this.#turn(chunk.length).then(
          () => done(null, chunk),
          (error: Error) => done(error),
        );
      },
    });
    source.on('error', (error) => paced.destroy(error));
    paced.once('close', () => {
      source.destroy();
      this.#total--;
      const left = (this.#underWay.get(who) ?? 1) - 1;
      if (left > 0) this.#underWay.set(who, left);
      else this.#underWay.delete(who);
    });
    return source.pipe(paced);
  }

  /** Waits until the line has had time for so many bytes. Chunks of all downloads take turns. */
  async #turn(bytes: number): Promise<void> {
    const now = this.#clock.mono();
    this.#free = Math.max(now, this.#free) + bytes / this.#bytesPerMs;
    const wait = this.#free - now;
    if (wait >= 1) await this.#clock.sleep(wait);
  }
}
