/** Entry of a process that measures one package, says what it found, and ends: inference never runs in the supervisor. */
import { measureVariants } from '../../shared/engine/measure.ts';
import { readPackage } from '../../shared/engine/package/package.ts';
import type { VariantTime } from '../../shared/engine/variant-time.ts';
import { systemClock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { Runtime } from '../runner/messages.ts';

export interface MeasureOrder {
  readonly modelDir: string;
  readonly runtime: Runtime;
}

export type Measured = { readonly times: readonly VariantTime[] } | { readonly fault: string };

const BUDGET_MS = 2000;

process.once('message', async ({ modelDir, runtime }: MeasureOrder) => {
  const answer = (measured: Measured) => process.send?.(measured, () => process.exit(0));
  try {
    const times = await measureVariants(await readPackage(modelDir), { ...runtime, budgetMs: BUDGET_MS }, systemClock);
    answer({ times });
  } catch (error) {
    answer({ fault: messageOf(error) });
  }
});
process.once('disconnect', () => process.exit(0));
