/** A real, small file system (tmpfs); only for who may mount. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface SmallDisk {
  readonly folder: string;
  freeBytes(): number;
  usedBytes(): number;
  resize(bytes: number): void;
  /** Somebody else takes so many bytes, or all that are left. */
  take(bytes?: number): void;
  giveBack(): void;
  unmount(): void;
}

function mount(folder: string, bytes: number): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder], { stdio: 'ignore' });
}

/** May this process mount file systems (root, with the capability)? Found out by doing it. */
export function mayMount(): boolean {
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-'));
  try {
    mount(folder, 65_536);
    execFileSync('umount', [folder]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Whoever mounts it unmounts it. */
export function mountSmallDisk(bytes: number): SmallDisk {
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-disk-'));
  mount(folder, bytes);
  const others = path.join(folder, 'others');
  return {
    folder,
    freeBytes: () => statfsSync(folder).bfree * statfsSync(folder).bsize,
    usedBytes: () => (statfsSync(folder).blocks - statfsSync(folder).bfree) * statfsSync(folder).bsize,
    resize: (size) => execFileSync('mount', ['-o', `remount,size=${size}`, folder]),
    take(size = Number.POSITIVE_INFINITY) {
      const chunk = Buffer.alloc(4096, 1);
      try {
        for (let left = size; left > 0; left -= chunk.length) appendFileSync(others, chunk);
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
      }
    },
    giveBack: () => rmSync(others, { force: true }),
    unmount() {
      execFileSync('umount', ['--lazy', folder]);
      rmSync(folder, { recursive: true });
    },
  };
}
