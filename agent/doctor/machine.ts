/** Looks at the machine: processor, memory, disk, clock, port. Each probe is short and leaves nothing behind. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { arch, availableParallelism, cpus, platform, totalmem } from 'node:os';
import path from 'node:path';
import type { Clock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import { median } from '../../shared/kit/quantile.ts';
import { type CpuFacts, parseCpuInfo } from './cpu.ts';

export interface MemoryFacts {
  readonly totalMb: number;
  /** What can be taken without swapping. */
  readonly availableMb: number;
}

export interface DiskFacts {
  /** Where it was tried: the data folder, or the nearest folder above it that exists. */
  readonly folder: string;
  readonly freeMb: number;
  /** Milliseconds of a 4 KiB write with fsync: median and worst of some; undefined when it failed. */
  readonly syncMs: { readonly median: number; readonly worst: number } | undefined;
  readonly error?: string;
}

export type PortFacts = { readonly state: 'free' } | { readonly state: 'taken' | 'refused'; readonly error: string };

const MIB = 2 ** 20;
const SYNCS = 20;
const SYNC_BYTES = 4096;

export function lookAtCpu(): CpuFacts {
  const parsed = parseCpuInfo(textOf('/proc/cpuinfo') ?? '');
  const model = parsed.model ?? cpus()[0]?.model ?? 'unknown processor';
  return { model, cores: availableParallelism(), arch: arch(), sets: parsed.sets };
}

export function lookAtMemory(): MemoryFacts {
  const available = /^MemAvailable:\s+(\d+) kB$/m.exec(textOf('/proc/meminfo') ?? '')?.[1];
  const totalMb = Math.round(totalmem() / MIB);
  // A container's own limit; "max" when there is none.
  const limit = Number(textOf('/sys/fs/cgroup/memory.max')?.trim()) / MIB;
  const used = Number(textOf('/sys/fs/cgroup/memory.current')?.trim()) / MIB;
  const ofMachine = available === undefined ? totalMb : Number(available) / 1024;
  const ofContainer = Number.isFinite(limit - used) ? limit - used : Number.POSITIVE_INFINITY;
  return {
    totalMb: Math.round(Math.min(totalMb, Number.isFinite(limit) ? limit : totalMb)),
    availableMb: Math.max(0, Math.round(Math.min(ofMachine, ofContainer))),
  };
}

export function lookAtDisk(dataDir: string, clock: Clock): DiskFacts {
  let folder = dataDir;
  while (!existsSync(folder) && path.dirname(folder) !== folder) folder = path.dirname(folder);
  let freeMb = 0;
  try {
    const { bavail, bsize } = statfsSync(folder);
    freeMb = Math.round((bavail * bsize) / MIB);
    return { folder, freeMb, syncMs: timeSyncs(path.join(folder, `.doctor-${process.pid}`), clock) };
  } catch (error) {
    return { folder, freeMb, syncMs: undefined, error: messageOf(error) };
  }
}

function timeSyncs(file: string, clock: Clock): DiskFacts['syncMs'] {
  const handle = openSync(file, 'wx', 0o600);
  try {
    const bytes = Buffer.alloc(SYNC_BYTES, 1);
    const times = Array.from({ length: SYNCS }, () => {
      const start = clock.mono();
      writeSync(handle, bytes);
      fsyncSync(handle);
      return clock.mono() - start;
    });
    return { median: median(times), worst: Math.max(...times) };
  } finally {
    closeSync(handle);
    rmSync(file, { force: true });
  }
}

/** Can a server listen there? */
export function lookAtPort(host: string, port: number): Promise<PortFacts> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      resolve({ state: error.code === 'EADDRINUSE' ? 'taken' : 'refused', error: error.message });
    });
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve({ state: 'free' })));
  });
}

/** Is there a font for the labels in pictures? Slim containers have none. Known on Linux only. */
export function hasFonts(): boolean {
  const folders = ['/usr/share/fonts', '/usr/local/share/fonts'].filter((folder) => existsSync(folder));
  if (platform() !== 'linux') return true;
  return folders.some((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).some((file) => /\.(ttf|ttc|otf|pfb|t1)$/i.test(file)),
  );
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
