/** Entry of a process that measures one package: inference never runs in the supervisor. */
import { measureVariants } from '../../shared/engine/measure.ts';
import { readPackage } from '../../shared/engine/package/package.ts';
import type { VariantTime } from '../../shared/engine/variant-time.ts';
import { answerOnce } from '../../shared/kit/answer-once.ts';
import { systemClock } from '../../shared/kit/clock.ts';
import { goFirst } from '../../shared/kit/go-first.ts';
import type { Runtime } from '../runner/messages.ts';

export interface MeasureOrder {
  readonly modelDir: string;
  readonly runtime: Runtime;
}

export type Measured = { readonly times: readonly VariantTime[] } | { readonly fault: string };

const BUDGET_MS = 2000;

goFirst();
answerOnce<MeasureOrder, Measured>(
  async ({ modelDir, runtime }) => ({
    times: await measureVariants(await readPackage(modelDir), { ...runtime, budgetMs: BUDGET_MS }, systemClock),
  }),
  { fault: (fault) => ({ fault }), nice: false },
);
