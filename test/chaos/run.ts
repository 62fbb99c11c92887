/** A chaos run of the product: plan, faults, peace, and the comparison of what was committed with what the hub holds. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { HubProgram } from '../support/hub-program.ts';
import { until } from '../support/until.ts';
import type { AgentProgram } from './agent.ts';
import { check, type Verdict } from './history.ts';
import { holdingsOf, openHubRows, opinionsOf } from './holdings.ts';
import { createInflictor, type Tally } from './inflict.ts';
import { checkOpinions, type OpinionVerdict } from './opinions.ts';
import { describe, type PlanOptions, planOf } from './plan.ts';
import { setStage, settledOf, untilFirstRecords } from './stage.ts';

export interface ChaosResult {
  readonly verdicts: readonly {
    readonly device: string;
    readonly verdict: Verdict;
    readonly opinions: OpinionVerdict;
  }[];
  readonly tally: Tally;
  readonly kills: number;
  readonly seconds: number;
  /** How long it took after the last fault until everything was at the hub. */
  readonly drainSeconds: number;
  /** How long no hub worked after the one that worked was killed, with hubs that stand by; milliseconds. */
  readonly takeovers: readonly number[];
}

const DRAIN_MS = 180_000;

/** @param folder keeps everything of the run, for whoever wants to look */
export async function runChaos(
  folder: string,
  options: PlanOptions,
  print: (line: string) => void,
): Promise<ChaosResult> {
  const plan = planOf(options);
  const stage = await setStage(folder, options);
  try {
    const { hub, agents } = stage;
    for (const agent of agents) agent.start();
    await untilFirstRecords(stage);
    const { inflict, tally } = createInflictor(stage);
    const began = performance.now();
    const faults: Promise<void>[] = [];
    for (const { atMs, fault } of plan) {
      await sleep(Math.max(0, began + atMs - performance.now()));
      print(`${(atMs / 1000).toFixed(1).padStart(7)} s  ${describe(fault)}`);
      faults.push(inflict(fault));
    }
    await sleep(Math.max(0, began + options.minutes * 60_000 - performance.now()));
    await Promise.all(faults);
    const seconds = (performance.now() - began) / 1000;

    print('peace: agents send what is left');
    const peace = performance.now();
    for (const agent of agents) {
      await agent.stop();
      agent.silence();
      agent.setClock(0);
      agent.start();
    }
    for (const agent of agents) await drained(agent, hub);
    // What the last start had to say itself (that it found damage, for example) has to come as well.
    for (const agent of agents) {
      await agent.stop();
      agent.start();
      await drained(agent, hub);
      await agent.stop();
    }
    const drainSeconds = (performance.now() - peace) / 1000;
    await hub.stop();
    const rows = await openHubRows(stage.hubDir, stage.database?.url);
    const verdicts: ChaosResult['verdicts'][number][] = [];
    for (const agent of agents) {
      const verdict = check({ committed: agent.committed(), ...(await holdingsOf(rows.read, agent.id)) });
      const opinions = checkOpinions({ ...(await opinionsOf(rows.read, agent.id)), ...agent.samples() });
      verdicts.push({ device: agent.id, verdict, opinions });
    }
    await rows.close();
    const kills = Object.values(tally.kills).reduce((sum, n) => sum + n, 0);
    return { verdicts, tally, kills, seconds, drainSeconds, takeovers: stage.takeovers };
  } finally {
    await stage.close();
  }
}

function drained(agent: AgentProgram, hub: HubProgram): Promise<true> {
  return until(
    async () => {
      const end = agent.end();
      if (agent.samples().waiting > 0) return undefined;
      return end !== undefined && (await settledOf(hub, agent.id, end.epoch)) >= end.lastSeq ? true : undefined;
    },
    `everything of ${agent.id} is at the hub`,
    DRAIN_MS,
  );
}

/** Is everything accounted for? */
export function isClean({ verdicts }: ChaosResult): boolean {
  return verdicts.every(({ verdict: v, opinions }) =>
    [v.lost, v.doubled, v.foreign, v.outOfOrder, v.unexplained, opinions.wrong].every((l) => l.length === 0),
  );
}
