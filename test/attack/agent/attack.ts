/** The contract of an attack on an agent. */

export interface AgentAttack {
  readonly name: string;
  /** Who could do it, and what he tries. */
  readonly summary: string;
  /**
   * Starts what it attacks, and ends it.
   * @param folder empty, and removed afterwards
   */
  run(folder: string, random: () => number): Promise<AgentOutcome>;
}

export interface AgentOutcome {
  /** How many hostile things were done. */
  readonly tried: number;
  /** What did not hold; empty when all held. */
  readonly broken: readonly string[];
  /** Most memory of all processes of the agent together, megabytes; 0 where there is no agent of its own. */
  readonly peakMb: number;
}
