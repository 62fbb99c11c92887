/**
 * A disk whose power can be cut: a file system (ext4) on a loop device whose bytes lie in an image file. What programs write
 * stays in the kernel's memory until somebody syncs it; the image holds only what has reached the device. A copy of the image
 * is therefore the disk as it is after a power cut at that moment. Only for who may mount.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

export interface PowerDisk {
  /** Where the disk is mounted. */
  readonly folder: string;
  /** The folder of a disk that holds what a power cut would leave of this one now. */
  cut(): string;
  /** The kernel takes it for damaged, and lets nobody write any more, as ext4 does after an error (ext4(5), errors=remount-ro). */
  turnReadOnly(): void;
  /** Unmounts it; programs keep its files open. Then what has reached the device can be mounted again at the same folder. */
  takeAway(): { comeBack(): void };
  /** Takes it away, and lets it come back at once. */
  comeBack(): void;
  /** Cuts the power, and puts what has reached the device in its place, at the same folder. No program may have files open there. */
  restart(): void;
}

const run = (program: string, ...args: string[]) => execFileSync(program, args, { stdio: 'pipe' });

/** May this process mount images? Found out by doing it. */
export function mayCutPower(): boolean {
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-power-'));
  try {
    const image = makeImage(folder, 8 * 1024 * 1024);
    mount(image, path.join(folder, 'mounted'));
    run('umount', path.join(folder, 'mounted'));
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A disk of `bytes` that ends with the test. */
export function powerDisk(bytes: number): PowerDisk {
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-power-'));
  let image = makeImage(folder, bytes);
  const mounted: string[] = [];
  const mountAt = (file: string, at: string) => {
    mount(file, at);
    mounted.push(at);
    return at;
  };
  onTestFinished(() => {
    for (const at of mounted) run('umount', '--lazy', at);
    rmSync(folder, { recursive: true, force: true });
  });
  let cuts = 0;
  const home = mountAt(image, path.join(folder, 'mounted'));
  const takeAway = () => {
    run('umount', '--lazy', home);
    return {
      comeBack() {
        const copy = path.join(folder, `back-${++cuts}.img`);
        copyFileSync(image, copy);
        mount(copy, home);
      },
    };
  };
  return {
    folder: home,
    takeAway,
    comeBack: () => takeAway().comeBack(),
    restart() {
      const before = image;
      image = path.join(folder, `restarted-${++cuts}.img`);
      copyFileSync(before, image);
      run('umount', home);
      rmSync(before);
      mount(image, home);
    },
    cut() {
      const copy = path.join(folder, `cut-${++cuts}`);
      copyFileSync(image, `${copy}.img`);
      return mountAt(`${copy}.img`, copy);
    },
    turnReadOnly: () => void run('mount', '-o', 'remount,abort', home),
  };
}

function makeImage(folder: string, bytes: number): string {
  const image = path.join(folder, 'disk.img');
  writeFileSync(image, '');
  truncateSync(image, bytes);
  run('mkfs.ext4', '-q', '-F', image);
  return image;
}

function mount(image: string, at: string): void {
  mkdirSync(at, { recursive: true });
  // A long commit interval: nothing is written out but what somebody syncs.
  run('mount', '-o', 'loop,commit=600', image, at);
}
