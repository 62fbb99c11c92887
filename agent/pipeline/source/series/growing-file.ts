/**
 * The lines of a file that another program writes to. A file that is replaced (renamed away and made anew) or cut short ends
 * here; the caller begins with the new one.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { createLineSplitter, type Line, type LineSplitter } from '../../../../shared/engine/series/lines.ts';
import type { Clock } from '../../../../shared/kit/clock.ts';
import { CodedError } from '../../../../shared/kit/errors.ts';

const LOOK_MS = 250;
const CHUNK = 65_536;
const NEWLINE = 0x0a;

export interface GrowingFile {
  readonly file: string;
  /** Whether a line, of those at the beginning of the file, belongs to its header. */
  isHeader(text: string): boolean;
  /** `end`: its header, and lines that are written from now on. `start`: all of it. */
  readonly from: 'start' | 'end';
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The file is open. */
  onOpened(): void;
  /** Called before and after each question to the disk. */
  readonly disk: { asked(): void; answered(): void };
}

/** @throws the file system's error */
export async function* growingLines(options: GrowingFile): AsyncGenerator<Line> {
  const { file, clock, signal, disk } = options;
  disk.asked();
  if (!(await stat(file)).isFile()) throw new CodedError('source-open', 'it is no file');
  // Also a file that is empty so far; the kernel's own, which look the same and may wait, do not.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    options.onOpened();
    const splitter = createLineSplitter();
    let at = 0;
    if (options.from === 'end') {
      const { header, next } = await skipToEnd(handle, splitter, options);
      yield* header;
      at = next;
    }
    const bytes = Buffer.alloc(CHUNK);
    for (;;) {
      signal.throwIfAborted();
      disk.asked();
      const { bytesRead } = await handle.read(bytes, 0, CHUNK, at);
      disk.answered();
      at += bytesRead;
      if (bytesRead > 0) {
        yield* splitter.push(bytes.subarray(0, bytesRead));
        continue;
      }
      disk.asked();
      const isOver = await isReplaced(file, handle, at);
      disk.answered();
      if (isOver) break;
      await clock.sleep(LOOK_MS, signal);
    }
    const last = splitter.end();
    if (last) yield last;
  } finally {
    await handle.close();
  }
}

/** Reads the header, leaves out what was written before, and a line of it that is written to its end later. */
async function skipToEnd(
  handle: FileHandle,
  splitter: LineSplitter,
  { isHeader }: GrowingFile,
): Promise<{ header: readonly Line[]; next: number }> {
  const { size } = await handle.stat();
  if (size === 0) return { header: [], next: 0 };
  const begin = Buffer.alloc(Math.min(size, CHUNK));
  await handle.read(begin, 0, begin.length, 0);
  if (begin[0] === 0xff && begin[1] === 0xfe)
    throw new CodedError(
      'source-open',
      'is UTF-16, of which only whole files can be read; let its program write UTF-8',
    );
  const header: Line[] = [];
  let next = 0;
  while (next < begin.length) {
    const end = begin.indexOf(NEWLINE, next);
    if (end < 0) break;
    const text = begin.toString('utf8', next, end);
    if (!isHeader(text)) break;
    header.push(...splitter.push(begin.subarray(next, end + 1)));
    next = end + 1;
  }
  const before = Buffer.alloc(1);
  let from = Math.max(next, size);
  if (from > next) {
    await handle.read(before, 0, 1, from - 1);
    // Within a line: from its beginning, if that is not far, else it is lost.
    if (before[0] !== NEWLINE) from = Math.max(next, await beginOfLine(handle, from, next));
  }
  return { header, next: from };
}

/** Where the line begins that `at` is in. */
async function beginOfLine(handle: FileHandle, at: number, least: number): Promise<number> {
  const from = Math.max(least, at - CHUNK);
  const bytes = Buffer.alloc(at - from);
  await handle.read(bytes, 0, bytes.length, from);
  return from + bytes.lastIndexOf(NEWLINE) + 1;
}

/** A file that is away for a moment, as programs that rotate it do, is waited for. */
async function isReplaced(file: string, handle: FileHandle, at: number): Promise<boolean> {
  const [open_, now] = await Promise.all([handle.stat(), stat(file).catch(() => undefined)]);
  return open_.size < at || (now !== undefined && (now.ino !== open_.ino || now.dev !== open_.dev));
}
