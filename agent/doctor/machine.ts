/** Looks at the machine: processor, memory, fonts. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, platform, totalmem } from 'node:os';
import { type CpuFacts, parseCpuInfo } from './cpu.ts';

export interface MemoryFacts {
  readonly totalMb: number;
  /** What can be taken without swapping. */
  readonly availableMb: number;
}

const MIB = 2 ** 20;

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
