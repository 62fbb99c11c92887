/**
 * Where paths of this box really lie, behind all symbolic links: asked in libuv's pool, where a disk that does not answer (a dead
 * network mount) holds a thread. So nothing more is asked while one question is open for too long.
 */
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../shared/kit/clock.ts';
import { inTime } from '../shared/kit/deadline.ts';

export interface RealPaths {
  /** What is not there yet lies where its folder lies. @returns undefined: the disk, or one that was asked before, does not answer */
  of(file: string): Promise<string | undefined>;
}

const ANSWER_MS = 2_000;

export function createRealPaths(clock: Clock, look: (file: string) => Promise<string> = realpath): RealPaths {
  let hangs = false;
  const real = async (file: string): Promise<string> => {
    try {
      return await look(file);
    } catch {
      const folder = path.dirname(file);
      return folder === file ? file : path.join(await real(folder), path.basename(file));
    }
  };
  return {
    async of(file) {
      if (hangs) return undefined;
      const found = real(file);
      return inTime(clock, ANSWER_MS, found, () => {
        hangs = true;
        void found.finally(() => {
          hangs = false;
        });
        return undefined;
      });
    },
  };
}
