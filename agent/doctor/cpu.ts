/** What the processor can do, out of /proc/cpuinfo (Linux). */
import { type Finding, finding } from '../../shared/doctor/finding.ts';

export interface CpuFacts {
  readonly model: string;
  readonly cores: number;
  readonly arch: string;
  /** Instruction sets that matter to inference, in the kernel's names; undefined where the kernel does not list them. */
  readonly sets: readonly string[] | undefined;
}

/** Of x86 (`flags`) and of 64-bit ARM (`Features`), from the oldest to the newest. */
const SETS = [
  'sse4_2',
  'avx',
  'avx2',
  'fma',
  'f16c',
  'avx512f',
  'avx512_vnni',
  'avx_vnni',
  'avx512_bf16',
  'amx_int8',
  'asimd',
  'asimdhp',
  'asimddp',
  'i8mm',
  'sve',
] as const;
/** Multiply and add bytes at once: what makes int8 models faster. */
const INT8_SETS: readonly string[] = ['avx512_vnni', 'avx_vnni', 'amx_int8', 'asimddp', 'i8mm'];

/** @param cpuinfo text of /proc/cpuinfo */
export function parseCpuInfo(cpuinfo: string): Pick<CpuFacts, 'sets'> & { readonly model: string | undefined } {
  const line = (key: string) => new RegExp(`^${key}\\s*:\\s*(.*)$`, 'm').exec(cpuinfo)?.[1]?.trim();
  const words = line('flags') ?? line('Features');
  const known = words === undefined ? undefined : new Set(words.split(/\s+/));
  return { model: line('model name') ?? line('Model'), sets: known && SETS.filter((set) => known.has(set)) };
}

export function judgeCpu({ model, cores, arch, sets }: CpuFacts): Finding {
  const known = sets === undefined ? 'instruction sets unknown' : sets.join(' ') || 'no vector instructions';
  const text = `${model}, ${arch}, ${cores} ${cores === 1 ? 'core' : 'cores'}; ${known}`;
  if (sets === undefined) return finding('cpu', 'ok', text);
  const vectors = arch === 'x64' ? sets.includes('avx2') : sets.includes('asimd');
  if (!vectors) {
    return finding(
      'cpu',
      'note',
      text,
      `without ${arch === 'x64' ? 'AVX2' : 'ASIMD'} inference is several times slower`,
    );
  }
  if (!sets.some((set) => INT8_SETS.includes(set))) {
    return finding('cpu', 'note', text, 'no int8 dot products: an int8 variant will hardly be faster than fp32');
  }
  return finding('cpu', 'ok', text);
}
