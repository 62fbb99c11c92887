/** Processes and what came of them, as the kernel tells. */
import { readdirSync, readFileSync } from 'node:fs';

/** The process's descendants, children before their own. A process that started in a session of its own still counts. */
export function descendantsOf(pid: number): number[] {
  const children = childrenOf(pid);
  return [...children, ...children.flatMap(descendantsOf)];
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
  } catch {
    // It ended meanwhile.
    return [];
  }
}

/** A process that has ended and that nobody has asked for its exit code does not live. */
export function lives(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
