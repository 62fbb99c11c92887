/**
 * What a package has to show before it sees a live frame: its golden samples within tolerance, and at least one variant that
 * runs; the fastest of those is chosen. In a process of its own (`proof-child.ts`): what hangs or crashes there is refused.
 */
import type { ProofResult } from '../../shared/contract/messages/model-report.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import { askChild, type Errand, NoAnswer } from './ask-child.ts';
import { Refusal } from './outcome.ts';
import type { ProofOrder, Proven, VariantProof } from './proof-child.ts';
import { chooseTuning } from './tuning.ts';

/** @throws Refusal `package` or `proof` */
export async function prove(order: ProofOrder, errand: Errand): Promise<ProofResult & { chosen: string }> {
  const proven = await askChild<ProofOrder, Proven>(order, errand).catch((error: unknown) => {
    if (error instanceof NoAnswer) throw new Refusal('proof', `when it was tried: ${messageOf(error)}`);
    throw error;
  });
  if ('fault' in proven) throw new Refusal('package', proven.fault);
  const result = judgeProof(proven.samples, proven.variants, order.variant);
  const { chosen } = result;
  if (chosen === undefined)
    throw new Refusal('proof', `no variant of it is fit to run: ${whyNot(result)}`, { proof: result });
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
  const told = variants.find((v) => v.variant === chosen) ?? variants[0];
  const worst = variants.flatMap((v) => v.differences.map((d) => `${v.variant}: ${d}`))[0];
  return {
    golden: { samples, passed: told?.passed ?? 0, ...(worst === undefined ? {} : { worst: worst.slice(0, 2048) }) },
    variants: variants.map(({ variant, digest, ms, p95Ms, refused, differences }) => {
      const why = refused ?? differences[0];
      return {
        variant,
        digest,
        ...(ms === undefined ? {} : { latencyMs: { p50: ms, p95: p95Ms ?? ms } }),
        ...(why === undefined ? {} : { refused: why.slice(0, 2048) }),
      };
    }),
    ...(chosen === undefined ? {} : { chosen }),
  };
}

function whyNot({ variants }: ProofResult): string {
  const reasons = variants.map((v) => `${v.variant}: ${v.refused ?? 'not asked for'}`);
  return reasons.join('; ') || 'it has none of the precision that is asked for';
}
