/** How many files and connections this process may have open at once (RLIMIT_NOFILE; Node has raised it as far as it may). */
import { readFileSync } from 'node:fs';

/** With fewer a program cannot even load. */
const LEAST_FILES = 128;

/** @returns Infinity where the system does not say (proc(5) does), or has no limit */
export function openFilesLimit(): number {
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
    return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
  } catch (error) {
    // Not one more file may be opened.
    const isFull = error instanceof Error && 'code' in error && error.code === 'EMFILE';
    return isFull ? 0 : Number.POSITIVE_INFINITY;
  }
}

/** What is wrong with a limit, and how to mend it; undefined: nothing. */
export function tooFewFiles(limit: number): string | undefined {
  if (limit >= LEAST_FILES) return undefined;
  const least = `at least ${LEAST_FILES} are needed: raise the limit (ulimit -n, or LimitNOFILE= of the systemd unit)`;
  return `this process may open only ${limit} files and connections; ${least}`;
}
