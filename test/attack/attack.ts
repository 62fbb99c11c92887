/** The contract of an attack: what somebody with some right sends, over and over, for some seconds. */
import type { Stage } from './stage.ts';

export interface Attack {
  readonly name: string;
  /** Who could do it, and what he tries. */
  readonly summary: string;
  /**
   * Carries it out once.
   * @returns what did not hold beside the measured bounds; empty when all held
   */
  run(stage: Stage, random: () => number): Promise<readonly string[]>;
}

/** What an attack may cost the others. */
export const bounds = { blockMs: 50, addedAckMs: 100, addedMb: 200 } as const;
