/**
 * Looking into an archive that somebody uploaded, in a process of its own (`inspect-child.ts`): what it costs there, in time and
 * in memory, holds nobody else up. The bounds of the content are those of the package (`shared/engine/package`).
 */
import path from 'node:path';
import { z } from 'zod';
import { type ModelManifest, modelManifest } from '../../shared/contract/model-manifest.ts';
import { askChild, NoAnswer } from '../../shared/kit/ask-child.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { CodedError } from '../../shared/kit/errors.ts';
import { halfOfMemoryMb } from '../../shared/kit/memory.ts';
import { type Guess, guess } from '../contract/model.ts';
import { UploadError } from './blobs.ts';

export interface InspectOrder {
  readonly archive: string;
  /** An empty folder to unpack into. */
  readonly scratch: string;
  /** It is a bare ONNX file: a package is made of it, and its archive is `madeArchive`. */
  readonly bare?: Bare;
}

/** What the sender of a bare ONNX file says of it. */
export interface Bare {
  readonly name: string;
  readonly version?: string;
  /** A known set of labels. */
  readonly labels?: string;
}

/** Where the process puts the archive of the package that it makes. */
export function madeArchive({ scratch }: Pick<InspectOrder, 'scratch'>): string {
  return path.join(scratch, 'made.tar.gz');
}

export interface Looked {
  readonly manifest: ModelManifest;
  /** Of a bare ONNX file: how its fields were found. */
  readonly guesses?: readonly Guess[];
}

/** What the process answers. It has read what a stranger sent, so the answer has to pass this too. */
const inspected = z.union([
  z.strictObject({ manifest: modelManifest, guesses: z.array(guess).max(64).optional() }),
  z.strictObject({ refused: z.string() }),
  z.strictObject({ full: z.literal(true) }),
  z.strictObject({ fault: z.string() }),
]);
export type Inspected = z.input<typeof inspected>;

export interface InspectOptions {
  /** Built `inspect-child.js`. */
  readonly entry: string | URL;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** Most memory of the process; default: half of the machine's, at most 3 GiB. */
  readonly maxMb?: number;
  /** Least time that it has; default: 30 s. */
  readonly leastMs?: number;
}

const LEAST_MS = 30_000;
/** A slow disk still writes so much; larger archives get more time. */
const BYTES_PER_MS = 5_000;
const MOST_MB = 3 * 1024;
/** Node itself, and our code. */
const LEAST_MB = 384;

/**
 * @param archive of so many `bytes`
 * @throws CodedError `model-invalid` with the reason; UploadError `disk full`; the signal's reason when aborted
 */
export async function inspectArchive(
  order: InspectOrder,
  bytes: number,
  { entry, clock, signal, maxMb = memoryMb(), leastMs = LEAST_MS }: InspectOptions,
): Promise<Looked> {
  const waitLimitMs = Math.round(leastMs + bytes / BYTES_PER_MS);
  const flags = [`--max-old-space-size=${maxMb}`];
  const askOptions = { entry, workDir: order.scratch, waitLimitMs, clock, flags, output: 'ignore', maxMb } as const;
  const answered = await askChild<InspectOrder, unknown>(order, { ...askOptions, ...(signal ? { signal } : {}) }).catch(
    (error: unknown) => {
      throw error instanceof NoAnswer ? new CodedError('model-invalid', tooMuch(error, waitLimitMs, maxMb)) : error;
    },
  );
  const answer = inspected.parse(answered);
  if ('manifest' in answer) {
    const { manifest, guesses } = answer;
    return { manifest, ...(guesses ? { guesses } : {}) };
  }
  if ('refused' in answer) throw new CodedError('model-invalid', answer.refused);
  if ('full' in answer) throw new UploadError('disk full', 'the disk of the hub is too full to unpack the archive');
  throw new Error(`looking into an archive failed: ${answer.fault}`);
}

function tooMuch({ why, message }: NoAnswer, waitLimitMs: number, maxMb: number): string {
  if (why === 'late') return `the archive takes longer than ${waitLimitMs / 1000} s to look into: make it smaller`;
  // Without memory Node aborts, and the system kills.
  const detail = why === 'ended' ? ` (the process that looked into it ${message})` : '';
  return `the archive takes more than ${maxMb} MB of memory to look into${detail}: make it smaller`;
}

/** What one inspection may take. */
function memoryMb(): number {
  return Math.max(LEAST_MB, Math.min(MOST_MB, halfOfMemoryMb()));
}
