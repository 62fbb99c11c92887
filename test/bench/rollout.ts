/**
 * A rollout over a simulated fleet: real store (SQLite), real decisions, documents and history; only the network is left out.
 * Each device reports once a minute and after each step, as an agent does; time is simulated, CPU is the hub's own.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { rolloutPlan } from '../../cloud-hub/contract/rollout.ts';
import { subjectOf } from '../../cloud-hub/rollout/document.ts';
import { RolloutExecutor } from '../../cloud-hub/rollout/executor.ts';
import { partFor } from '../../cloud-hub/rollout/rollouts.ts';
import { openStore } from '../../cloud-hub/store/store.ts';
import type { ModelReport } from '../../shared/contract/messages/model-report.ts';
import { type Report, report as reportSchema } from '../../shared/contract/messages/report.ts';
import { modelManifest } from '../../shared/contract/model-manifest.ts';
import { createLogger } from '../../shared/kit/log.ts';
import { ManualClock } from '../support/manual-clock.ts';
import type { Bench } from './bench.ts';

const DEVICES = 1000;
const MINUTE = 60_000;
const LIMIT_S = 60;
const digest = `sha256:${'ab'.repeat(32)}`;
const scores = [5, 10, 20, 40, 60, 80, 90, 100, 80, 40];
const latencyMs = { p50: 10, p95: 20 };

export const rollout: Bench = {
  summary: `a rollout over ${DEVICES} simulated devices: less than ${LIMIT_S} s of the hub's CPU`,
  async run(print) {
    const folder = mkdtempSync(path.join(tmpdir(), 'vedette-bench-'));
    try {
      await measure(folder, print);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function measure(folder: string, print: (line: string) => void): Promise<void> {
  const store = await openStore(folder, 0);
  const clock = new ManualClock(Date.UTC(2026, 5, 1));
  const act = { at: clock.wall(), actor: 'bench' };
  const ids = Array.from({ length: DEVICES }, (_, index) => `cam-${index}`);
  for (const id of ids) await store.devices.add(id, 'x', 0);
  await store.transact(async (tx) => {
    for (const id of ids)
      await tx.devices.noteContact(id, { online: true, report: reportOf(undefined, undefined, 0) }, act.at);
    await tx.models.add({ manifest, digest, bytes: 1000 }, act);
    const plan = rolloutPlan.parse({ target: { kind: 'model', model: 'detector', digest } });
    await tx.rollouts.add('r', subjectOf(plan.target), plan, 'created', act);
  });

  const asked = new Map<string, number>();
  let cpu = 0;
  const hub = async <T>(work: () => Promise<T>): Promise<T> => {
    const begun = process.cpuUsage();
    const result = await work();
    const { user, system } = process.cpuUsage(begun);
    cpu += (user + system) / 1e6;
    return result;
  };
  let published = 0;
  const executor = new RolloutExecutor({
    store,
    partFor: (found) => partFor(store, found),
    publish(device) {
      published++;
      asked.set(device, clock.wall());
    },
    // As with nobody who follows the feed.
    changed: () => undefined,
    clock,
    log: createLogger('bench', 'silent'),
  });

  let [reports, ticks] = [0, 0];
  for (; (await store.rollouts.get('r'))?.status === 'running' && ticks < 24 * 720; ticks++) {
    await clock.advance(5000);
    await hub(() => executor.run());
    // Each device reports in its own second of the minute.
    const due = ids.filter((_, index) => index % 12 === ticks % 12);
    for (const id of due) {
      const message = JSON.stringify(reportOf(await store.desired.revision(id), asked.get(id), clock.wall()));
      await hub(async () => {
        const parsed = reportSchema.parse(JSON.parse(message));
        await store.transact(async (tx) => tx.devices.noteContact(id, { report: parsed }, clock.wall()));
        await executor.reported(id, parsed);
      });
      reports++;
    }
  }
  await executor.stop();
  const end = await store.rollouts.get('r');
  if (end?.status !== 'done') throw new Error(`the rollout ended as ${end?.status}: ${end?.reason}`);
  print(`${DEVICES} devices in ${end.plan.waves.length} waves, ${(ticks * 5) / 60} simulated minutes: ${end.reason}`);
  print(`${reports} reports taken in, ${published} documents sent`);
  print(`CPU of the hub       ${cpu.toFixed(1)} s; less than ${LIMIT_S} is wanted`);
  print(`of ${LIMIT_S} s               ${((100 * cpu) / LIMIT_S).toFixed(1)} %`);
  await store.close();
}

const manifest = modelManifest.parse({
  name: 'bright',
  version: '1.0.0',
  task: 'detect',
  license: 'Apache-2.0',
  input: { width: 64, height: 64 },
  head: { kind: 'yolox' },
  labels: ['person'],
  variants: [{ file: 'fp32.onnx', precision: 'fp32' }],
});

/** Three minutes from the document to service: download, proof, shadow. */
function reportOf(revision: string | undefined, askedAt: number | undefined, now: number): Report {
  const since = askedAt === undefined ? undefined : now - askedAt;
  return {
    version: '1.0.0',
    boot: 'b',
    config: 'c',
    host: { platform: 'linux', arch: 'x64', cpus: 4, memoryMb: 4096, name: 'box' },
    process: { rssMb: 200, uptimeS: 1000 },
    outbox: { epoch: 'e', waiting: 0, bytes: 0, lastSeq: 1 },
    streams: [],
    ...(revision === undefined || since === undefined
      ? {}
      : { desired: { revision }, models: { detector: modelAt(since) } }),
  };
}

function modelAt(since: number): ModelReport {
  const identity = { name: 'bright', version: '1.0.0', digest };
  const factory = { name: 'factory', version: '1.0.0', serviceS: 999, frames: 9999, errors: 0, latencyMs, scores };
  if (since < MINUTE) return { active: factory, candidate: { ...identity, phase: 'downloading' }, failures: [] };
  if (since < 3 * MINUTE) return { active: factory, candidate: { ...identity, phase: 'shadowing' }, failures: [] };
  const frames = Math.round(since / 100);
  return { active: { ...factory, ...identity, frames }, previous: factory, failures: [] };
}
