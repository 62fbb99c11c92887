/**
 * Making a package in a process of its own (`init-child.ts`): whoever wrote the ONNX file may want to take all memory or all
 * time, or to crash the parser or the runtime. Then only that process ends, and nothing is left behind.
 */
import { rm } from 'node:fs/promises';
import { z } from 'zod';
import { askChild, NoAnswer } from '../../shared/kit/ask-child.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { CodedError, type ErrorCode, errorCodes } from '../../shared/kit/errors.ts';
import { halfOfMemoryMb } from '../../shared/kit/memory.ts';
import { type InitOptions, makingOf } from './init.ts';

export type InitOrder = Omit<InitOptions, 'clock'>;

const reason = z.strictObject({ field: z.string(), value: z.string(), sure: z.boolean(), why: z.string() });

const made = z.strictObject({
  /** The folder of the package. */
  dir: z.string(),
  name: z.string(),
  /** How the fields were found. */
  reasons: z.array(reason).max(64),
  /** With a clip: how sure the model is of what it finds, fed each way. */
  tried: z
    .array(z.strictObject({ way: z.string(), conviction: z.number() }))
    .max(64)
    .optional(),
});
export type MadePackage = z.infer<typeof made>;

const code = z.custom<ErrorCode>((word) => typeof word === 'string' && Object.hasOwn(errorCodes, word));

/** What the process answers. It has read what a stranger wrote, so the answer has to pass this too. */
const answer = z.union([
  z.strictObject({ made }),
  z.strictObject({ refused: z.strictObject({ code, message: z.string() }) }),
  z.strictObject({ fault: z.string() }),
]);
export type InitAnswer = z.input<typeof answer>;

export interface ApartOptions {
  /** Built `init-child.js`; default: beside this file, where the build puts it. */
  readonly entry?: string | URL;
  readonly clock: Clock;
  /** Most memory of the process; default: half of the machine's. */
  readonly maxMb?: number;
  /** Most time that it has; default: 10 minutes. */
  readonly waitLimitMs?: number;
}

/** Twelve tries on six pictures each, of a large model on a small box. */
const WAIT_LIMIT_MS = 600_000;

/** @throws CodedError `model-invalid`, `model-failed`, or of the clip; nothing is left behind then */
export async function initApart(
  order: InitOrder,
  {
    entry = new URL('./init-child.js', import.meta.url),
    clock,
    maxMb = halfOfMemoryMb(),
    waitLimitMs = WAIT_LIMIT_MS,
  }: ApartOptions,
): Promise<MadePackage> {
  // Paths of the order are those of this process.
  const options = { entry, workDir: process.cwd(), waitLimitMs, clock, output: 'ignore', maxMb } as const;
  const flags = [`--max-old-space-size=${maxMb}`];
  try {
    const answered = answer.parse(await askChild<InitOrder, unknown>(order, { ...options, flags }));
    if ('made' in answered) return answered.made;
    if ('refused' in answered) throw new CodedError(answered.refused.code, answered.refused.message);
    throw new Error(`making a package failed: ${answered.fault}`);
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    await rm(makingOf(order.out), { recursive: true, force: true });
    throw new CodedError('model-invalid', `${order.file}: ${tooMuch(error, waitLimitMs, maxMb)}`);
  }
}

function tooMuch({ why, message }: NoAnswer, waitLimitMs: number, maxMb: number): string {
  if (why === 'late') return `takes longer than ${waitLimitMs / 1000} s to look into and to run; give a smaller model`;
  if (why === 'too much memory')
    return `takes more than ${maxMb} MB of memory to look into and to run; give a smaller model`;
  return `the process that looked into it and ran it ${message} (out of memory, or the model crashed it)`;
}
