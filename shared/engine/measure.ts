/** How fast the variants of a package are on this machine, measured side by side. */

import { isImageInput, type Variant } from '../contract/model-manifest.ts';
import type { Clock } from '../kit/clock.ts';
import { messageOf } from '../kit/errors.ts';
import { median, quantile } from '../kit/quantile.ts';
import { growsTogether, openEngine } from './engine.ts';
import { type GoldenVerdict, runGolden } from './golden/golden.ts';
import type { Provider } from './infer/provider.ts';
import { openSession, type Session } from './infer/session.ts';
import { constantsOf } from './package/constants.ts';
import { loadVariant, type ModelPackage } from './package/package.ts';
import { inputShape } from './package/shape.ts';
import { MEASURED_BATCH, type VariantTime } from './variant-time.ts';

export interface MeasureOptions {
  readonly threads: number;
  readonly provider?: Provider;
  /** How long all variants together may take, beside their loading. */
  readonly budgetMs: number;
}

const MOST_ROUNDS = 25;

interface Candidate {
  readonly precision: string;
  readonly session: Session;
  readonly shape: readonly number[];
  readonly batched: boolean;
  readonly single: number[];
  readonly shared: number[];
}

/** Variants take turns, so that what else the machine does meets all of them alike. Of a precision the first counts. */
export async function measureVariants(
  pack: ModelPackage,
  options: MeasureOptions,
  clock: Clock,
): Promise<readonly VariantTime[]> {
  const { variants } = pack.manifest;
  const times = new Map<string, VariantTime>();
  const candidates: Candidate[] = [];
  for (const { precision } of variants) {
    if (times.has(precision)) continue;
    times.set(precision, { precision });
    try {
      const golden = await goldenOf(pack, precision, options, clock);
      times.set(precision, { precision, golden });
      requireGolden(golden);
      const candidate = await openCandidate(pack, precision, options);
      if (candidate) candidates.push(candidate);
    } catch (error) {
      times.set(precision, { ...times.get(precision), precision, fault: messageOf(error) });
    }
  }
  const end = clock.mono() + options.budgetMs;
  for (let round = 0; round < MOST_ROUNDS && (round === 0 || clock.mono() < end); round++) {
    for (const candidate of candidates) await runOnce(candidate, clock);
  }
  for (const { precision, single, shared, session } of candidates) {
    times.set(precision, {
      ...times.get(precision),
      precision,
      ms: median(single),
      p95Ms: quantile(single, 0.95),
      ...(shared.length > 0 ? { batchMs: median(shared) / MEASURED_BATCH } : {}),
    });
    await session.close();
  }
  return [...times.values()];
}

async function goldenOf(
  pack: ModelPackage,
  precision: Variant['precision'],
  { threads, provider }: MeasureOptions,
  clock: Clock,
): Promise<GoldenVerdict[]> {
  if (pack.manifest.golden.length === 0) return [];
  const options = { dir: pack.dir, variant: precision, threads, ...(provider ? { provider } : {}) };
  const engine = await openEngine(options, clock);
  try {
    return await runGolden(pack, engine, precision);
  } finally {
    await engine.close();
  }
}

function requireGolden(verdicts: readonly GoldenVerdict[]): void {
  for (const { input, differences } of verdicts)
    if (differences.length > 0) throw new Error(`golden sample ${input}: ${differences[0]}`);
}

/** Undefined for a graph that only its head knows how to feed. */
async function openCandidate(
  pack: ModelPackage,
  precision: string,
  options: MeasureOptions,
): Promise<Candidate | undefined> {
  const variant = pack.manifest.variants.find((v) => v.precision === precision);
  if (!variant) return undefined;
  const { bytes, graph } = await loadVariant(pack, variant);
  const { input } = pack.manifest;
  if (!isImageInput(input) && graph.inputs.length !== 1) return undefined;
  const session = await openSession(bytes, { ...options, constants: constantsOf(input, graph) });
  const shape = inputShape(input, graph);
  const batched = isImageInput(input) && growsTogether(graph, graph.outputs);
  const candidate = { precision, session, shape, batched, single: [], shared: [] };
  // The first runs are slower, and show what the values are like.
  try {
    for (let i = 0; i < 2; i++) {
      for (const { name, data } of await session.run(inputOf(shape, 1), shape)) {
        if (!data.every(Number.isFinite)) throw new Error(`output "${name}" is not finite`);
      }
    }
  } catch (error) {
    await session.close();
    throw error;
  }
  return candidate;
}

async function runOnce({ session, shape, batched, single, shared }: Candidate, clock: Clock): Promise<void> {
  const timed = async (times: number[], count: number) => {
    const input = inputOf(shape, count);
    const start = clock.mono();
    await session.run(input, count === 1 ? shape : [count, ...shape.slice(1)]);
    times.push(clock.mono() - start);
  };
  await timed(single, 1);
  if (batched) await timed(shared, MEASURED_BATCH);
}

/** Values between 0 and 1, none of them special. */
function inputOf(shape: readonly number[], count: number): Float32Array {
  const size = shape.reduce((product, n) => product * n, 1);
  return Float32Array.from({ length: size * count }, (_, i) => ((i * 7919) % 256) / 256);
}
