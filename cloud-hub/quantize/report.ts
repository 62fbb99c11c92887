/** What came of quantizing, for people and for programs. Pure. */
import type { Quantized } from './quantize.ts';

export interface QuantizeReport {
  readonly model: string;
  readonly method: string;
  readonly size: { readonly fp32: number; readonly int8: number; readonly ratio: number };
  readonly ms: { readonly fp32: number; readonly int8: number; readonly speedup: number; readonly threads: number };
  readonly agreement: Quantized['agreement'];
  readonly asked: number;
  readonly samples: Quantized['samples'];
  readonly nodes: { readonly weighted: number; readonly float: readonly string[] };
  readonly seconds: number;
  /** Where the variant is now; absent where it was not added. */
  readonly added?: string;
  /** Why it was not added. */
  readonly refused?: string;
  /** What may help, the most promising first. */
  readonly tryNext?: readonly string[];
}

/** With fewer boxes a single one decides. */
export const LEAST_BOXES = 30;

export interface Asked {
  readonly model: string;
  /** As on the command line. */
  readonly method: string;
  readonly agreement: number;
  /** Largest size beside fp32. */
  readonly size: number;
  readonly threads: number;
}

export function quantizeReport(found: Quantized, asked: Asked): QuantizeReport {
  const { model, threads } = asked;
  const { agreement, boxes } = found.agreement;
  const few =
    boxes !== undefined && boxes < LEAST_BOXES
      ? `the float model finds ${boxes} boxes in the unseen samples: too few to judge by (at least ${LEAST_BOXES})`
      : undefined;
  const low =
    agreement < asked.agreement ? `agreement ${round(agreement)} is below the asked ${asked.agreement}` : undefined;
  const refused = few ?? low;
  const tryNext = few ? [MORE_BOXES] : low ? adviceFor(found, asked) : [];
  return {
    model,
    method: found.method,
    size: { fp32: found.floatBytes, int8: found.bytes.length, ratio: round(found.bytes.length / found.floatBytes) },
    ms: {
      fp32: round(found.ms.fp32),
      int8: round(found.ms.int8),
      speedup: round(found.ms.fp32 / Math.max(found.ms.int8, 1e-6)),
      threads,
    },
    agreement: found.agreement,
    asked: asked.agreement,
    samples: found.samples,
    nodes: { weighted: found.nodes, float: found.float },
    seconds: round(found.seconds),
    ...(refused === undefined ? {} : { refused, tryNext }),
  };
}

const MORE_BOXES =
  'calibrate with a clip or pictures that show more of what the model finds (--calibrate), or check on such (--unseen)';
/** So near to the limit of the size the search had no room left. */
const NEAR = 0.95;

function adviceFor({ bytes, floatBytes, agreement }: Quantized, asked: Asked): string[] {
  const advice: string[] = [];
  if (asked.method !== 'auto') advice.push('--method auto, which compares ways to choose the ranges on your data');
  if (bytes.length / floatBytes > asked.size * NEAR)
    advice.push(`--size ${(asked.size + 0.15).toFixed(2)}: more nodes may stay in float, for a larger file`);
  advice.push('more of your data, from all times of the day: --calibrate with a longer clip, or --samples 1000');
  const enough = Math.floor(agreement.agreement * 100) / 100;
  if (enough >= 0.9)
    advice.push(
      `--agreement ${enough.toFixed(2)}, if ${Math.round((1 - enough) * 100)} differences in 100 do no harm where you use it`,
    );
  return advice;
}

/** A table, and what follows from it. */
export function describeQuantizeReport(report: QuantizeReport): string {
  const { size, ms, agreement: a, samples, nodes } = report;
  const kb = (bytes: number) => `${Math.round(bytes / 1000)} kB`;
  const rows = [
    ['', 'fp32', 'int8', 'int8 / fp32'],
    ['size', kb(size.fp32), kb(size.int8), size.ratio.toFixed(3)],
    ['ms a run', ms.fp32.toFixed(2), ms.int8.toFixed(2), (1 / ms.speedup).toFixed(3)],
  ];
  const facts = [
    ...rows.map(([name = '', ...cells]) => name.padEnd(12) + cells.map((c) => c.padStart(12)).join('')),
    '',
    `agreement ${a.agreement.toFixed(4)} with fp32 on ${a.samples} samples that calibration never saw (asked: ${report.asked})`,
    ...(a.recall === undefined || a.precision === undefined
      ? []
      : [`  box recall ${a.recall.toFixed(4)}, precision ${a.precision.toFixed(4)} at IoU 0.5, of ${a.boxes} boxes`]),
    ...(a.top1 === undefined ? [] : [`  top-1 ${a.top1.toFixed(4)}`]),
    `  score drift ${a.scoreDrift.toFixed(4)} on average, ${a.worstDrift.toFixed(4)} at most`,
    `calibrated on ${samples.calibration} samples by ${report.method}, nodes chosen on ${samples.search} others`,
    `in float: ${nodes.float.length} of ${nodes.weighted} nodes with weights${nodes.float.length > 0 ? ` (${nodes.float.join(', ')})` : ''}`,
    ...(ms.speedup < 1
      ? ['int8 is slower than fp32 on this machine; a device measures for itself and takes the faster']
      : []),
    report.added === undefined ? `not added: ${report.refused ?? 'unknown'}` : `added to ${report.added}`,
    ...(report.tryNext?.length ? ['what to try:', ...report.tryNext.map((one) => `  ${one}`)] : []),
  ];
  return facts.join('\n');
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
