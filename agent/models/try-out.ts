/** Tries one package out: opens every variant, runs its golden samples, measures. In a process of its own (`proof-child.ts`). */
import path from 'node:path';
import { measureVariants } from '../../shared/engine/measure.ts';
import { readPackage } from '../../shared/engine/package/package.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { digestOfFile } from '../../shared/kit/digest.ts';
import type { Runtime } from '../runner/messages.ts';

export interface ProofOrder {
  readonly modelDir: string;
  readonly runtime: Runtime;
  /** `auto` or a precision. */
  readonly variant: string;
}

export interface VariantProof {
  readonly variant: string;
  /** Of its file. */
  readonly digest: string;
  readonly ms?: number;
  readonly p95Ms?: number;
  /** Why it cannot run. */
  readonly refused?: string;
  /** How many golden samples agree, and where the others differ. */
  readonly passed: number;
  readonly differences: readonly string[];
}

export type Proven =
  | { readonly samples: number; readonly variants: readonly VariantProof[] }
  /** The package as a whole cannot be used. */
  | { readonly fault: string };

const BUDGET_MS = 2000;

/** @throws CodedError when the package as a whole cannot be used */
export async function tryOut({ modelDir, runtime }: ProofOrder, clock: Clock): Promise<Proven> {
  const pack = await readPackage(modelDir);
  const { variants, golden } = pack.manifest;
  const times = await measureVariants(pack, { ...runtime, budgetMs: BUDGET_MS }, clock);
  const proofs: VariantProof[] = [];
  for (const { precision, ms, p95Ms, fault, golden: verdicts = [] } of times) {
    const found = variants.find((v) => v.precision === precision);
    if (!found) continue;
    proofs.push({
      variant: precision,
      digest: await digestOfFile(path.join(modelDir, found.file)),
      ...(ms === undefined ? {} : { ms }),
      ...(p95Ms === undefined ? {} : { p95Ms }),
      ...(fault === undefined ? {} : { refused: fault }),
      passed: verdicts.filter((v) => v.differences.length === 0).length,
      differences: verdicts.flatMap((v) => v.differences.map((d) => `${v.input}: ${d}`)),
    });
  }
  return { samples: golden.length, variants: proofs };
}
