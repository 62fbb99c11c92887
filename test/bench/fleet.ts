/**
 * `bench fleet`: many simulated devices that speak the real protocol, a batch each ten seconds; then the hub is killed and
 * started again: the time until all are back and everything is acknowledged.
 */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { createHubProgram, type HubProgram } from '../support/hub-program.ts';
import { type Bench, quantile } from './bench.ts';
import { cpuSeconds, memoryOf } from './process-stat.ts';

const STEADY_S = 40;
const DOWN_MS = 5000;
const LIMIT_S = 180;
const ADD_AT_ONCE = 32;

/** What the process with the devices tells each second. */
export const fleetState = z.object({
  connected: z.number(),
  waiting: z.number(),
  acknowledged: z.number(),
  resent: z.number(),
  rssMb: z.number(),
  waits: z.array(z.number()),
});
type FleetState = z.infer<typeof fleetState>;

const secret = z.object({ token: z.string() });

export const fleet: Bench = {
  summary: 'simulated devices at a batch each 10 s; a hub that is killed, and the time until all are back and drained',
  options: { devices: { description: 'how many', default: 5000 } },
  async run(print, option) {
    const devices = Math.round(option('devices'));
    const folder = mkdtempSync(path.join(tmpdir(), 'vedette-bench-'));
    const hub = createHubProgram(path.join(folder, 'hub'));
    await hub.start();
    const tokens = path.join(folder, 'tokens.json');
    writeFileSync(tokens, JSON.stringify(await addAll(hub, devices)));
    const child = fork(new URL('./fleet-devices.js', import.meta.url), [tokens, String(hub.mqttPort())]);
    let state: FleetState | undefined;
    const waits: number[] = [];
    child.on('message', (message) => {
      state = fleetState.parse(message);
      waits.push(...state.waits);
    });
    const until = async (what: string, ready: (seen: FleetState) => boolean): Promise<number> => {
      const start = performance.now();
      while (!state || !ready(state)) {
        const seconds = (performance.now() - start) / 1000;
        if (seconds > LIMIT_S)
          throw new Error(`${what}: not within ${LIMIT_S} s; ${JSON.stringify({ ...state, waits: undefined })}`);
        await sleep(50);
      }
      return (performance.now() - start) / 1000;
    };
    try {
      const joined = await until('all connected', (seen) => seen.connected === devices);
      print(`${devices} devices connected in ${joined.toFixed(1)} s`);
      await sleep(5000);
      waits.length = 0;
      const before = cpuSeconds(hub.pid());
      const acknowledged = state?.acknowledged ?? 0;
      await sleep(STEADY_S * 1000);
      const busy = ((cpuSeconds(hub.pid()) - before) / STEADY_S) * 100;
      const batches = ((state?.acknowledged ?? 0) - acknowledged) / STEADY_S;
      print(
        `steady: ${batches.toFixed(0)} batches/s acknowledged, publish→ack p50 ${quantile(waits, 0.5).toFixed(0)} ms, ` +
          `p99 ${quantile(waits, 0.99).toFixed(0)} ms; hub ${busy.toFixed(0)} % of a core, ${memoryOf(hub.pid())} MB`,
      );
      await hub.kill();
      await sleep(DOWN_MS);
      const killed = performance.now();
      await hub.start();
      state = undefined;
      await until('all back', (seen) => seen.connected === devices);
      const back = (performance.now() - killed) / 1000;
      // Of the batches that are a moment old there are always some: drained is what is older than the outage.
      await until('all drained', (seen) => seen.connected === devices && seen.waiting < devices * 0.01);
      const drained = (performance.now() - killed) / 1000;
      print(
        `hub killed, ${DOWN_MS / 1000} s away: all ${devices} back ${back.toFixed(1)} s and drained ${drained.toFixed(1)} s after its start (target 60 s)`,
      );
    } finally {
      child.kill('SIGKILL');
      await hub.kill();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** Devices at the hub, with their tokens. */
export async function addAll(hub: HubProgram, devices: number, prefix = 'device'): Promise<Record<string, string>> {
  const tokens: Record<string, string> = {};
  for (let n = 0; n < devices; n += ADD_AT_ONCE) {
    const ids = Array.from({ length: Math.min(ADD_AT_ONCE, devices - n) }, (_, i) => `${prefix}-${n + i}`);
    await Promise.all(
      ids.map(async (id) => {
        tokens[id] = secret.parse(await hub.api('/devices', { id })).token;
      }),
    );
  }
  return tokens;
}
