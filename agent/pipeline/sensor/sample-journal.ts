/**
 * The samples that an online detector has seen since its state was saved: a start after `kill -9` replays them.
 *
 * Format: text, a line per sample: `AT V1 V2 … CRC`. AT is milliseconds since 1970, then one number per channel, then the CRC-32
 * (8 hexadecimal digits) of all before it and its space. With a key a line is `=` and the Base64 of such a line, sealed.
 *
 * 1. A line is written before its sample counts. A line that is cut off, or damaged, is passed over; it hides none behind it.
 * 2. Times rise: a line that is not later than the one before is passed over, and so is one that the saved state knows.
 * 3. From `MAX_BYTES` on it is full: its user saves the state and clears it, and decides how long that may wait.
 *
 * Crash behaviour: after the end of the process nothing is missing. After a power cut the last samples may be: lines are not
 * forced to the disk one by one. They are learned again, as all samples were before.
 */
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { noSealer, type Sealer } from '../../../shared/kit/seal.ts';

const MODE = 0o600;
const MAX_BYTES = 256 * 1024;
/** What somebody has put there may be of any length. */
const MOST_READ = 8 * MAX_BYTES;
const NEW_LINE = 0x0a;

export interface Sample {
  readonly atMs: number;
  readonly values: readonly number[];
}

export interface SampleJournal {
  /** What was in it, later than the saved state, in order. */
  readonly samples: readonly Sample[];
  /** Its length. */
  readonly bytes: number;
  /** @returns is it full? @throws the file system's error; then the sample is not in it */
  add(sample: Sample): boolean;
  /** The state knows all of it. @throws the file system's error */
  clear(): void;
  close(): void;
}

/**
 * @param channels numbers of a sample
 * @param after milliseconds since 1970: samples up to then are known
 * @throws the file system's error
 */
export function openSampleJournal(
  file: string,
  channels: number,
  after: number,
  sealer: Sealer = noSealer,
): SampleJournal {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const handle = openSync(file, 'a+', MODE);
  const found = readFileSync(handle);
  let bytes = found.length;
  // What is cut off stays a line of its own.
  if (bytes > 0 && found.at(-1) !== NEW_LINE) bytes += writeSync(handle, '\n');
  return {
    samples: samplesOf(found.subarray(0, MOST_READ).toString('latin1'), channels, after, sealer),
    get bytes() {
      return bytes;
    },
    add(sample) {
      bytes += writeSync(handle, shut(lineOf(sample), sealer));
      return bytes >= MAX_BYTES;
    },
    clear() {
      ftruncateSync(handle);
      bytes = 0;
    },
    close: () => closeSync(handle),
  };
}

function lineOf({ atMs, values }: Sample): string {
  const text = `${[atMs, ...values].join(' ')} `;
  return `${text}${sumOf(text)}`;
}

const sumOf = (text: string) => crc32(text).toString(16).padStart(8, '0');

/** A line as the file has it. */
function shut(line: string, sealer: Sealer): string {
  if (sealer.keyId === undefined) return `${line}\n`;
  return `=${sealer.seal(Buffer.from(line)).toString('base64')}\n`;
}

/** A line of the file, without its key; one that is cut off gives no sample. @throws SealError */
function opened(line: string, sealer: Sealer): string {
  if (!line.startsWith('=')) return line;
  return sealer.open(Buffer.from(line.slice(1), 'base64')).toString('latin1');
}

/**
 * A journal with its lines under the newest key; undefined where they are already.
 * @throws SealError where none of its lines can be opened
 */
export function resealJournal(journal: Uint8Array, sealer: Sealer): string | undefined {
  const lines = Buffer.from(journal)
    .toString('latin1')
    .split('\n')
    .filter((line) => line !== '');
  const isCurrent = (line: string) =>
    line.startsWith('=') ? sealer.isCurrent(Buffer.from(line.slice(1), 'base64')) : sealer.keyId === undefined;
  if (lines.every(isCurrent)) return undefined;
  const kept: string[] = [];
  let failure: unknown;
  for (const line of lines) {
    try {
      kept.push(shut(opened(line, sealer), sealer));
    } catch (error) {
      failure = error;
    }
  }
  if (kept.length === 0) throw failure;
  return kept.join('');
}

function samplesOf(text: string, channels: number, after: number, sealer: Sealer): Sample[] {
  const samples: Sample[] = [];
  let last = after;
  for (const line of text.split('\n')) {
    const sample = sampleOf(openedOr(line, sealer), channels);
    if (!sample || sample.atMs <= last) continue;
    last = sample.atMs;
    samples.push(sample);
  }
  return samples;
}

function openedOr(line: string, sealer: Sealer): string {
  try {
    return opened(line, sealer);
  } catch {
    return '';
  }
}

function sampleOf(line: string, channels: number): Sample | undefined {
  const end = line.lastIndexOf(' ') + 1;
  if (end === 0 || sumOf(line.slice(0, end)) !== line.slice(end)) return undefined;
  const [atMs, ...values] = line
    .slice(0, end - 1)
    .split(' ')
    .map(Number);
  if (atMs === undefined || values.length !== channels) return undefined;
  return Math.abs(atMs) <= Number.MAX_SAFE_INTEGER && values.every(Number.isFinite) ? { atMs, values } : undefined;
}
