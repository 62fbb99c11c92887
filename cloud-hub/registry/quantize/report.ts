/** What came of quantizing, for people and for programs. Pure. */
import type { Quantized } from './quantize.ts';

export interface Report {
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
}

export function reportOf(
  found: Quantized,
  { model, method, asked, threads }: { model: string; method: string; asked: number; threads: number },
): Report {
  const { agreement } = found.agreement;
  const low = agreement < asked ? `agreement ${round(agreement)} is below the asked ${asked}` : undefined;
  const blind =
    found.agreement.boxes === 0
      ? 'the float model found nothing in the unseen samples: that proves nothing'
      : undefined;
  const refused = low ?? blind;
  return {
    model,
    method,
    size: { fp32: found.floatBytes, int8: found.bytes.length, ratio: round(found.bytes.length / found.floatBytes) },
    ms: {
      fp32: round(found.ms.fp32),
      int8: round(found.ms.int8),
      speedup: round(found.ms.fp32 / Math.max(found.ms.int8, 1e-6)),
      threads,
    },
    agreement: found.agreement,
    asked,
    samples: found.samples,
    nodes: { weighted: found.nodes, float: found.float },
    seconds: round(found.seconds),
    ...(refused === undefined ? {} : { refused }),
  };
}

/** A table, and what follows from it. */
export function describeReport(report: Report): string {
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
  ];
  return facts.join('\n');
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
