/**
 * What a package has to show before it sees a live frame: its golden samples agree within tolerance, and at least one variant
 * runs; the fastest of those is chosen. It runs in a process of its own (`proof-child.ts`): a model that hangs or crashes there
 * is refused.
 */

import type { ProofResult } from '../../shared/contract/messages/model-report.ts';
import { clipped } from '../../shared/contract/names.ts';
import { type AskOptions, askChild, NoAnswer } from '../../shared/kit/ask-child.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import { Refusal } from './outcome.ts';
import type { ProofOrder, Proven, VariantProof } from './try-out.ts';
import { chooseTuning } from './tuning.ts';

/** Opening, measuring and golden samples of a large model on a small box. */
const PROOF_MS = 300_000;

/** @returns `prove` with what this device has. @param maxMb most memory of the process, asked at each try */
export function createProve(
  runtime: ProofOrder['runtime'],
  child: Pick<AskOptions, 'entry' | 'workDir' | 'clock'>,
  maxMb: () => number,
) {
  return ({ modelDir, variant }: Omit<ProofOrder, 'runtime'>, signal: AbortSignal) =>
    prove({ modelDir, variant, runtime }, { ...child, waitLimitMs: PROOF_MS, maxMb: maxMb(), signal });
}

/** @throws Refusal `package` or `proof` */
export async function prove(order: ProofOrder, askOptions: AskOptions): Promise<ProofResult & { chosen: string }> {
  const proven = await askChild<ProofOrder, Proven>(order, askOptions).catch((error: unknown) => {
    if (error instanceof NoAnswer)
      throw new Refusal(
        'proof',
        `the proof process ${messageOf(error)}${error.why === 'ended' ? ' (out of memory, or the model crashed it)' : ''}`,
      );
    throw error;
  });
  if ('fault' in proven) throw new Refusal('package', proven.fault);
  const result = judgeProof(proven.samples, proven.variants, order.variant);
  const { chosen } = result;
  if (chosen === undefined)
    throw new Refusal('proof', `no variant of it can be used: ${whyNot(result)}`, { proof: result });
  return { ...result, chosen };
}

/**
 * The fastest variant that agrees with the golden samples, by what was measured. Pure.
 * @param wanted `auto` or the precision that the configuration asks for
 */
export function judgeProof(samples: number, variants: readonly VariantProof[], wanted: string): ProofResult {
  const times = variants.map(({ variant, ms, p95Ms, refused, differences }) => ({
    precision: variant,
    ...(ms === undefined ? {} : { ms }),
    ...(p95Ms === undefined ? {} : { p95Ms }),
    ...(refused === undefined && differences.length === 0 ? {} : { fault: refused ?? 'golden' }),
  }));
  const isFit = times.some((t) => t.fault === undefined && (wanted === 'auto' || t.precision === wanted));
  const chosen = isFit ? chooseTuning(times, wanted).variant : undefined;
  const shown = variants.find((v) => v.variant === chosen) ?? variants[0];
  const worst = variants.flatMap((v) => v.differences.map((d) => `${v.variant}: ${d}`))[0];
  return {
    golden: { samples, passed: shown?.passed ?? 0, ...(worst === undefined ? {} : { worst: clipped(worst) }) },
    variants: variants.map(({ variant, digest, ms, p95Ms, refused, differences }) => {
      const why = refused ?? differences[0];
      return {
        variant,
        digest,
        ...(ms === undefined ? {} : { latencyMs: { p50: ms, p95: p95Ms ?? ms } }),
        ...(why === undefined ? {} : { refused: clipped(why) }),
      };
    }),
    ...(chosen === undefined ? {} : { chosen }),
  };
}

function whyNot({ variants }: ProofResult): string {
  const reasons = variants.map((v) => `${v.variant}: ${v.refused ?? 'not asked for'}`);
  return reasons.join('; ') || 'the package has no variant of the precision that is asked for';
}
