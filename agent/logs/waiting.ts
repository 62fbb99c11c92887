/**
 * Lines that wait to be sent, in memory only: the box's own log has them all.
 *
 * 1. At most MOST_LINES and MOST_BYTES wait. When there are more, the oldest of the least serious goes, and is counted: a flood of
 *    `debug` takes no error away.
 * 2. `n` rises by one per line, so that the hub sees which are missing.
 */
import type { LogLine } from '../../shared/contract/messages/log.ts';
import { rankOf } from './line.ts';

export const MOST_LINES = 1_000;
export const MOST_BYTES = 512 * 1024;

export interface WaitingLine {
  readonly line: LogLine;
  readonly bytes: number;
}

export class WaitingLines {
  #lines: WaitingLine[] = [];
  #bytes = 0;
  #n = 0;
  #dropped = 0;

  get length(): number {
    return this.#lines.length;
  }

  /** Lines that were given up since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  add(line: Omit<LogLine, 'n'>): void {
    const numbered: LogLine = { n: ++this.#n, ...line };
    const bytes = Buffer.byteLength(JSON.stringify(numbered));
    this.#lines.push({ line: numbered, bytes });
    this.#bytes += bytes;
    this.#bound();
  }

  /** Takes the oldest out, as many as these bounds allow. */
  take(mostLines: number, mostBytes: number): WaitingLine[] {
    const taken: WaitingLine[] = [];
    let bytes = 0;
    for (const one of this.#lines) {
      bytes += one.bytes;
      if (taken.length === mostLines || bytes > mostBytes) break;
      taken.push(one);
    }
    this.#lines = this.#lines.slice(taken.length);
    this.#bytes -= bytesOf(taken);
    return taken;
  }

  /** Puts back what could not be sent. */
  putBack(lines: readonly WaitingLine[]): void {
    this.#lines = [...lines, ...this.#lines];
    this.#bytes += bytesOf(lines);
    this.#bound();
  }

  #bound(): void {
    while (this.#lines.length > MOST_LINES || this.#bytes > MOST_BYTES) {
      const least = Math.min(...this.#lines.map(({ line }) => rankOf(line.level)));
      const [gone] = this.#lines.splice(
        this.#lines.findIndex(({ line }) => rankOf(line.level) === least),
        1,
      );
      this.#bytes -= gone?.bytes ?? 0;
      this.#dropped++;
    }
  }
}

/** Of lines together. */
export function bytesOf(lines: readonly WaitingLine[]): number {
  return lines.reduce((sum, { bytes }) => sum + bytes, 0);
}
