/**
 * The logs of devices on the disk: `device-logs/DEVICE/FIRSTID.jsonl`, one line of JSON per line of a log, oldest first.
 *
 * 1. Ids of a device rise: microseconds of the hub's clock, and one more where that has not moved on. The name of a file is its first id.
 * 2. A device has at most `deviceBytes`: a file is closed at a quarter of it, and the oldest file goes when there are more than four. All
 *    devices together have at most `totalBytes`, and no file is older than `days` since it was written: `sweep` sees to that.
 * 3. A line of a start that is here already (same `boot`, no higher `n`) is not written again.
 * 4. Lines that could not be written (a full disk) are missing for the next one, and what was half written of them is cut off; where that
 *    cannot be (somebody removed the file), a new file is begun.
 *
 * Crash behaviour: a line that was cut off is left out by readers, and a new file is begun after it. Nothing is flushed by force: of the
 * last seconds before a power cut lines may be missing, which the next `n` shows.
 */
import { appendFile, mkdir, readdir, readFile, rm, stat, truncate } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { type LogBatch, logLevels, logLine, type ShippedLevel } from '../../shared/contract/messages/log.ts';
import type { DeviceLogLine } from '../contract/device-log.ts';

/** What a line of a file holds. */
const kept = logLine.extend({ id: z.number(), boot: z.string(), received: z.number(), missing: z.number().optional() });
type Kept = z.infer<typeof kept>;

export interface LogLimits {
  readonly deviceBytes: number;
  readonly totalBytes: number;
  readonly days: number;
}

export interface LogQuery {
  /** Newest first, older than this id; or, with `after`, oldest first, newer than that. */
  readonly before?: number | undefined;
  readonly after?: number | undefined;
  readonly limit: number;
  /** This level and the more serious ones. */
  readonly level?: ShippedLevel | undefined;
  readonly component?: string | undefined;
}

const FILES = 4;
const DAY_MS = 86_400_000;
/** Of ids: whole numbers stay exact. */
const MOST_ID = 8e15;

interface Open {
  file: string | undefined;
  bytes: number;
  id: number;
  boot: string;
  n: number;
  /** What is written of this device, one after the other. */
  last: Promise<unknown>;
}

export class LogFiles {
  readonly #folder: string;
  readonly #limits: LogLimits;
  readonly #open = new Map<string, Open>();

  constructor(folder: string, limits: LogLimits) {
    this.#folder = folder;
    this.#limits = limits;
  }

  /** @returns how many lines were new */
  async append(device: string, { boot, lines }: LogBatch, now: number): Promise<number> {
    const known = this.#open.get(device) ?? this.#reopened(device);
    const written = known.last.then(() => this.#append(device, known, boot, lines, now));
    known.last = written.catch(() => undefined);
    return written;
  }

  async read(device: string, query: LogQuery): Promise<DeviceLogLine[]> {
    await this.#open.get(device)?.last;
    const files = await this.#filesOf(device);
    const { before = Number.POSITIVE_INFINITY, after } = query;
    const found: Kept[] = [];
    if (after !== undefined) {
      const begin = files.findLastIndex((file) => firstIdOf(file) <= after);
      for (const file of files.slice(Math.max(0, begin))) {
        for (const line of await this.#linesOf(device, file))
          if (line.id > after && isWanted(line, query) && found.length < query.limit) found.push(line);
        if (found.length >= query.limit) break;
      }
      return found.map(shown);
    }
    for (const file of files.filter((one) => firstIdOf(one) < before).toReversed()) {
      for (const line of (await this.#linesOf(device, file)).toReversed())
        if (line.id < before && isWanted(line, query) && found.length < query.limit) found.push(line);
      if (found.length >= query.limit) break;
    }
    return found.map(shown);
  }

  /** Removes what is too old, and the oldest where there is too much. @returns removed bytes */
  async sweep(now: number): Promise<number> {
    const files = [];
    for (const device of await namesIn(this.#folder))
      for (const file of await this.#filesOf(device)) {
        const where = path.join(this.#folder, device, file);
        const { size, mtimeMs } = await stat(where);
        files.push({ device, where, size, mtimeMs });
      }
    let total = files.reduce((sum, { size }) => sum + size, 0);
    let removed = 0;
    for (const { device, where, size, mtimeMs } of files.toSorted((a, b) => a.mtimeMs - b.mtimeMs)) {
      if (now - mtimeMs <= this.#limits.days * DAY_MS && total <= this.#limits.totalBytes) break;
      const open = this.#open.get(device);
      await open?.last;
      await rm(where, { force: true });
      if (open?.file === where) open.file = undefined;
      total -= size;
      removed += size;
    }
    return removed;
  }

  async #append(device: string, open: Open, boot: string, lines: LogBatch['lines'], now: number): Promise<number> {
    const before = { boot: open.boot, n: open.n };
    if (open.boot !== boot) Object.assign(open, { boot, n: 0 });
    const texts: string[] = [];
    for (const { n, wall, level, component, message, fields } of lines) {
      if (n <= open.n) continue;
      const missing = n - open.n - 1;
      open.id = Math.max(open.id + 1, Math.min(Math.trunc(now * 1000), MOST_ID));
      open.n = n;
      const line = { id: open.id, received: now, boot, n, wall, level, component, message, fields };
      texts.push(`${JSON.stringify(missing > 0 ? { ...line, missing } : line)}\n`);
    }
    if (texts.length === 0) return 0;
    const text = texts.join('');
    if (open.file === undefined || open.bytes >= this.#limits.deviceBytes / FILES) {
      const folder = path.join(this.#folder, device);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      open.file = path.join(folder, `${String(open.id - texts.length + 1).padStart(16, '0')}.jsonl`);
      open.bytes = 0;
      for (const old of (await this.#filesOf(device)).slice(0, 1 - FILES)) await rm(path.join(folder, old));
    }
    try {
      await appendFile(open.file, text, { mode: 0o600 });
    } catch (error) {
      await truncate(open.file, open.bytes).catch(() => {
        open.file = undefined;
      });
      Object.assign(open, before);
      throw error;
    }
    open.bytes += Buffer.byteLength(text);
    return texts.length;
  }

  #reopened(device: string): Open {
    const open: Open = { file: undefined, bytes: 0, id: 0, boot: '', n: 0, last: Promise.resolve() };
    this.#open.set(device, open);
    // What cannot be read is left as it is: a new file is begun beside it.
    open.last = this.#goOn(device, open).catch(() => undefined);
    return open;
  }

  /** Goes on after what is there. */
  async #goOn(device: string, open: Open): Promise<void> {
    const newest = (await this.#filesOf(device)).at(-1);
    if (newest === undefined) return;
    const where = path.join(this.#folder, device, newest);
    const text = await readFile(where, 'utf8');
    const last = linesIn(text).at(-1);
    open.id = Math.max(last?.id ?? 0, firstIdOf(newest));
    Object.assign(open, last ? { boot: last.boot, n: last.n } : {});
    if (text.endsWith('\n')) Object.assign(open, { file: where, bytes: Buffer.byteLength(text) });
  }

  async #filesOf(device: string): Promise<string[]> {
    return (await namesIn(path.join(this.#folder, device))).filter((name) => /^\d{16}\.jsonl$/.test(name)).toSorted();
  }

  async #linesOf(device: string, file: string): Promise<Kept[]> {
    return linesIn(await readFile(path.join(this.#folder, device, file), 'utf8').catch(() => ''));
  }
}

/** What is no line of a log is left out. */
function linesIn(text: string): Kept[] {
  return text.split('\n').flatMap((line) => {
    try {
      return [kept.parse(JSON.parse(line))];
    } catch {
      return [];
    }
  });
}

const firstIdOf = (file: string): number => Number(file.slice(0, 16));

function isWanted({ level, component }: Kept, query: LogQuery): boolean {
  const isLevel = query.level === undefined || logLevels.indexOf(level) >= logLevels.indexOf(query.level);
  return isLevel && (query.component === undefined || component === query.component);
}

function shown({ id, wall, received, level, component, message, fields, boot, missing }: Kept): DeviceLogLine {
  return {
    id: String(id),
    at: isoOf(wall),
    receivedAt: isoOf(received),
    ...{ level, component, message, boot },
    ...(fields === undefined ? {} : { fields }),
    ...(missing === undefined ? {} : { missing }),
  };
}

/** A clock may say anything; a date has bounds. */
function isoOf(ms: number): string {
  return new Date(Math.min(Math.max(ms, 0), 253_402_300_799_999)).toISOString();
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
}
