/**
 * What an attack is made against: a whole hub in a process of its own, a calm device that goes on beside the attacker, and
 * what is measured of both. The calm device and the look at the event loop live in a process of their own (`witness.ts`), so
 * that the attacker's work does not count as the hub's.
 */
import { fork } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { createSimulatedDevice, type SimulatedDevice } from '../bench/simulated-device.ts';
import { createHubProgram, type HubProgram } from '../support/hub-program.ts';
import { built } from '../support/spawn.ts';

const secret = z.object({ token: z.string() });

/** What the witness saw since the last look. */
export const seen = z.object({
  /**
   * How long the event loop was held: the most processor time, milliseconds, that the hub's main thread took while `/healthz` waited
   * for its answer.
   */
  blockMs: z.number(),
  /** From publish to acknowledgement of the calm device, milliseconds, without what the hub waited for a processor. */
  ackP99Ms: z.number(),
  acks: z.number(),
});
export type Seen = z.infer<typeof seen>;

export interface Attacker {
  readonly id: string;
  readonly token: string;
  readonly device: SimulatedDevice;
  /** Highest number that the hub has acknowledged to it. */
  acked(): number;
  /** How many batches the hub has answered: acknowledged, or not read. */
  answers(): number;
}

export interface Stage {
  readonly hub: HubProgram;
  readonly folder: string;
  httpPort(): number;
  adminToken(): string;
  /** A new device with its token, connected. */
  attacker(): Promise<Attacker>;
  look(): Promise<Seen>;
  /** Highest resident memory of the hub since the last call, megabytes. */
  peakMb(): number;
  end(): Promise<void>;
}

export async function createStage(folder: string): Promise<Stage> {
  const dataDir = path.join(folder, 'hub');
  const hub = createHubProgram(dataDir);
  await hub.start();
  const calm = await deviceOf(hub, 'calm');
  const witness = fork(built('test/attack/witness.js'), [], {
    env: {
      ...process.env,
      CALM: JSON.stringify({ ...calm, mqttPort: hub.mqttPort(), httpPort: hub.httpPort(), hubPid: hub.pid() }),
    },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await new Promise((resolve) => witness.once('message', resolve));
  const attackers: Attacker[] = [];
  let made = 0;
  return {
    hub,
    folder,
    httpPort: () => hub.httpPort(),
    adminToken: () => readFileSync(path.join(dataDir, 'admin.token'), 'utf8').trim(),
    async attacker() {
      const known = await deviceOf(hub, `attacker-${made++}`);
      const attacker = await connected(known, hub.mqttPort());
      attackers.push(attacker);
      return attacker;
    },
    async look() {
      const answer = new Promise<unknown>((resolve) => witness.once('message', resolve));
      witness.send('look');
      return seen.parse(await answer);
    },
    peakMb: () => peakMb(hub.pid()),
    async end() {
      for (const { device } of attackers) device.end();
      witness.kill();
      await hub.kill();
    },
  };
}

async function deviceOf(hub: HubProgram, id: string): Promise<{ id: string; token: string }> {
  return { id, ...secret.parse(await hub.api('/devices', { id })) };
}

function connected(known: { id: string; token: string }, port: number): Promise<Attacker> {
  let [acked, answers] = [0, 0];
  return new Promise((resolve) => {
    const device: SimulatedDevice = createSimulatedDevice({
      ...known,
      port,
      onAck: (upTo) => {
        acked = Math.max(acked, upTo);
        answers++;
      },
      onUnread: () => {
        answers++;
      },
      onUp: () => resolve({ ...known, device, acked: () => acked, answers: () => answers }),
      // The hub may throw it out: it comes back, as an attacker does.
      onDown: () => setTimeout(() => device.connect(), 200),
    });
    device.connect();
  });
}

/** Linux keeps the highest resident size of a process (`VmHWM`); 5 into `clear_refs` begins it anew (proc(5)). */
function peakMb(pid: number | undefined): number {
  const [, kb] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
  return Math.round(Number(kb ?? 0) / 1024);
}

/** Waits until something holds, at most so long; says whether it does. */
export async function settles(holds: () => boolean, seconds: number): Promise<boolean> {
  const end = performance.now() + seconds * 1000;
  while (!holds() && performance.now() < end) await sleep(20);
  return holds();
}
