/** The engines of a runner: one a model and way to run it, shared by its streams. */
import type { Engine, EngineOptions } from '../../shared/engine/engine.ts';
import type { Assignment } from './messages.ts';

type Use = Pick<Assignment, 'modelDir' | 'variant' | 'batch' | 'runtime'>;

export interface Engines {
  /** @throws CodedError `model-invalid` */
  of(use: Use): Promise<Engine>;
  /** Closes those that none of these uses. */
  keep(uses: readonly Use[]): Promise<void>;
}

/** What two assignments must have in common to share an engine. */
export function engineKeyOf({ modelDir, variant, runtime }: Use): string {
  return JSON.stringify([modelDir, variant, runtime]);
}

export function createEngines(open: (options: EngineOptions) => Promise<Engine>): Engines {
  const engines = new Map<string, Promise<Engine>>();
  return {
    of(use) {
      const { modelDir, variant, batch, runtime } = use;
      const key = engineKeyOf(use);
      const known = engines.get(key) ?? open({ dir: modelDir, variant, batch, ...runtime });
      engines.set(key, known);
      return known;
    },
    async keep(uses) {
      const kept = new Set(uses.map(engineKeyOf));
      for (const [key, opened] of [...engines]) {
        if (kept.has(key)) continue;
        engines.delete(key);
        await opened.then((engine) => engine.close()).catch(() => undefined);
      }
    },
  };
}
