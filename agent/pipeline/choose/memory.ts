/** What a selector remembers over restarts: a file of the stream, sealed as all that is learned of streams. */
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { writeDurably } from '../../../shared/kit/durable-file.ts';
import { isMissing, messageOf } from '../../../shared/kit/errors.ts';
import type { Sealer } from '../../../shared/kit/seal.ts';

export interface SelectorMemory {
  /** What was written last; undefined: nothing that can be read. */
  read(): unknown;
  /** Does not throw: a disk that is full costs what was learned. */
  write(state: unknown): void;
}

export const noMemory: SelectorMemory = { read: () => undefined, write: () => undefined };

/** @param onFault told why the file cannot be read or written */
export function fileMemory(file: string, sealer: Sealer, onFault: (message: string) => void): SelectorMemory {
  return {
    read() {
      try {
        return JSON.parse(sealer.open(readFileSync(file)).toString('utf8'));
      } catch (error) {
        if (!isMissing(error)) onFault(`${file} cannot be read, so that is learned anew: ${messageOf(error)}`);
        return undefined;
      }
    },
    write(state) {
      try {
        mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
        writeDurably(file, sealer.seal(Buffer.from(JSON.stringify(state))), 0o600);
      } catch (error) {
        onFault(`${file} cannot be written: ${messageOf(error)}`);
      }
    },
  };
}
