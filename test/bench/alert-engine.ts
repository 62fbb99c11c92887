/** What the rules of alerts cost by themselves: the engine of the hub on a real database, in this process, in real time. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AlertEngine } from '../../cloud-hub/alerts/engine.ts';
import { Hours } from '../../cloud-hub/alerts/hours.ts';
import { newAlertRule } from '../../cloud-hub/contract/alert-rule.ts';
import { openStore } from '../../cloud-hub/store/store.ts';
import { systemClock } from '../../shared/kit/clock.ts';
import { createLogger } from '../../shared/kit/log.ts';
import { manyRules } from './alert-rules.ts';
import { benchReport } from './records.ts';

const STEP_MS = 100;

/** @returns the part of a core that the rules take, with devices that report once per minute */
export async function costOfRules(rules: number, devices: number, seconds: number): Promise<number> {
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-bench-'));
  const clock = systemClock;
  const store = await openStore(folder, clock.wall());
  const ids = Array.from({ length: devices }, (_, n) => `device-${n}`);
  await store.transact(async (tx) => {
    const act = { at: clock.wall(), actor: 'bench' };
    await tx.alertRules.setChannel('hook', { kind: 'webhook', url: 'https://example.com/' }, undefined, act);
    for (const [name, rule] of Object.entries(manyRules(rules)))
      await tx.alertRules.setRule(name, newAlertRule.parse(rule), act);
    for (const id of ids) {
      await tx.devices.enrol(id, { site: 'berlin' }, clock.wall());
      await tx.devices.noteContact(id, { online: true, report: benchReport() }, clock.wall());
    }
  });
  const log = createLogger('bench', 'silent');
  const parts = { store, hours: new Hours(), linkTo: () => undefined, notified: () => undefined, clock, log };
  const engine = new AlertEngine(parts);
  /** Tells the engine of each device in turn, evenly. @returns seconds of CPU of this process */
  const run = async (hear: (device: string) => void, forS: number): Promise<number> => {
    const before = process.cpuUsage();
    const start = performance.now();
    for (let told = 0; performance.now() - start < forS * 1000; ) {
      const due = Math.floor(((performance.now() - start) / 60_000) * devices);
      for (; told < due; told++) hear(ids[told % devices] ?? '');
      await sleep(STEP_MS);
    }
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  };
  try {
    const idle = await run(() => undefined, seconds / 4);
    await engine.start();
    // What a start looks at once.
    await sleep(10_000);
    const busy = await run((device) => engine.heard(device, [], true), seconds);
    return busy / seconds - idle / (seconds / 4);
  } finally {
    await engine.stop();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
