/** Carries faults out. Each victim has a row of its own: what is to happen to it happens one after the other. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './plan.ts';
import type { Stage } from './stage.ts';

export interface Tally {
  /** Kills that hit a living process, by victim. */
  readonly kills: Record<string, number>;
  readonly others: Record<string, number>;
  /** Faults that could not be carried out, by reason. */
  readonly skipped: Record<string, number>;
}

export interface Inflictor {
  /** Resolves when the fault is over. */
  inflict(fault: Fault): Promise<void>;
  readonly tally: Tally;
}

export function createInflictor(stage: Stage): Inflictor {
  const { hub, mosquitto, lines, agents, disk, database } = stage;
  const tally: Tally = { kills: {}, others: {}, skipped: {} };
  const count = (of: Record<string, number>, what: string) => {
    of[what] = (of[what] ?? 0) + 1;
  };
  const rows = new Map<string, Promise<void>>();
  const inRow = (victim: string, run: () => Promise<void>): Promise<void> => {
    const next = (rows.get(victim) ?? Promise.resolve()).then(run);
    rows.set(victim, next);
    return next;
  };
  const line = (n: number) => lines[n % lines.length];

  const kill = (victim: string, agent: number, downMs: number): Promise<void> => {
    const target = agents[agent % agents.length];
    switch (victim) {
      case 'runner':
        return inRow(`agent ${agent}`, async () => {
          if (target?.killRunner()) count(tally.kills, victim);
          else count(tally.skipped, 'no runner lived');
        });
      case 'supervisor':
        return inRow(`agent ${agent}`, async () => {
          await target?.kill();
          count(tally.kills, victim);
          await sleep(downMs);
          target?.start();
        });
      case 'broker':
        if (!mosquitto) return kill('hub', agent, downMs);
        return inRow('broker', async () => {
          await mosquitto.kill();
          count(tally.kills, victim);
          await sleep(downMs);
          await mosquitto.start();
        });
      case 'database':
        return inRow('database', async () => {
          await database?.crash();
          count(tally.kills, victim);
          await sleep(downMs);
          await database?.start();
        });
      case 'standby':
        return inRow('hub', async () => {
          if (await stage.killStandby(downMs)) count(tally.kills, victim);
          else count(tally.skipped, 'no hub stood by');
        });
      default:
        return inRow('hub', async () => {
          await hub.kill();
          count(tally.kills, victim);
          await sleep(downMs);
          await hub.start();
        });
    }
  };

  const inflict = async (fault: Fault): Promise<void> => {
    switch (fault.kind) {
      case 'kill':
        return kill(fault.victim, fault.agent, fault.downMs);
      case 'net':
        return inRow(`line ${fault.line}`, async () => {
          line(fault.line)?.inflict(fault.fault);
          count(tally.others, fault.fault);
          if (fault.fault === 'reset') return;
          await sleep(fault.ms);
          line(fault.line)?.heal();
        });
      case 'disk':
        if (!disk) return count(tally.skipped, 'disk: this user may not mount file systems');
        return inRow('disk', async () => {
          disk.take();
          count(tally.others, 'disk');
          await sleep(fault.ms);
          disk.giveBack();
        });
      case 'clock':
        agents[fault.agent]?.setClock(fault.offMs);
        return count(tally.others, 'clock');
      case 'corrupt':
        return inRow(`agent ${fault.agent}`, async () => {
          const agent = agents[fault.agent];
          await agent?.kill();
          if (agent?.corrupt(fault.at)) count(tally.others, 'corrupt');
          else count(tally.skipped, 'no outbox to corrupt');
          agent?.start();
        });
    }
  };
  return { inflict, tally };
}
