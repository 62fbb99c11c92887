/** Runs models that are not part of a package yet, as the engine would run them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BOXES_ONLY, type Engine, openEngine } from '../../shared/engine/engine.ts';
import type { Outcome } from '../../shared/engine/outcome.ts';
import type { ModelPackage } from '../../shared/engine/package/package.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { median } from '../../shared/kit/quantile.ts';
import type { Sample } from './samples/sample.ts';

export interface Trials {
  /** What a model says of samples. */
  outcomes(bytes: Uint8Array, samples: readonly Sample[]): Promise<Outcome[]>;
  /** Median milliseconds of one inference of each model, run in turn so that what slows the machine slows all. */
  times(models: readonly Uint8Array[], sample: Sample, rounds: number): Promise<number[]>;
  close(): Promise<void>;
}

/** Runs before the clock counts. */
const WARM_UP = 3;

export async function openTrials(pack: ModelPackage, threads: number, clock: Clock): Promise<Trials> {
  const dir = await mkdtemp(path.join(tmpdir(), 'vedette-quantize-'));
  const variant = { file: 'trial.onnx', precision: 'fp32' as const };
  // JSON is YAML.
  const manifest = { ...pack.manifest, labels: pack.labels, variants: [variant], golden: [] };
  await writeFile(path.join(dir, 'model.yaml'), JSON.stringify(manifest));
  const open = async (bytes: Uint8Array): Promise<Engine> => {
    await writeFile(path.join(dir, variant.file), bytes);
    return openEngine({ dir, variant: variant.precision, threads }, clock);
  };
  return {
    async outcomes(bytes, samples) {
      const engine = await open(bytes);
      try {
        const found: Outcome[] = [];
        for (const sample of samples)
          found.push(kept((await engine.run(sample.tensor(), sample.fit, undefined, BOXES_ONLY)).outcome));
        return found;
      } finally {
        await engine.close();
      }
    },
    async times(models, sample, rounds) {
      const engines: Engine[] = [];
      try {
        for (const bytes of models) engines.push(await open(bytes));
        const tensor = sample.tensor();
        const times = engines.map((): number[] => []);
        for (let round = -WARM_UP; round < rounds; round++) {
          for (const [i, engine] of engines.entries()) {
            const { inferMs } = await engine.run(tensor, sample.fit, undefined, BOXES_ONLY);
            if (round >= 0) times[i]?.push(inferMs);
          }
        }
        return times.map(median);
      } finally {
        for (const engine of engines) await engine.close();
      }
    },
    close: () => rm(dir, { recursive: true, force: true }),
  };
}

/** The engine uses the memory of a vector again. */
function kept(outcome: Outcome): Outcome {
  return outcome.task === 'embed' ? { ...outcome, vector: Float32Array.from(outcome.vector) } : outcome;
}
