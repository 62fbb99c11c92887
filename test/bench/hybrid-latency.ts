/**
 * Part of `bench hybrid`: how long the edge's answer takes while samples are sent, or cannot be sent, over one that sends none. Two real
 * agents with the same model and clip run beside each other, at the same time, through the same link to a real hub; every
 * analysed frame of the one is offered to the hub.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { freePort } from '../support/free-port.ts';
import { createHubProgram } from '../support/hub-program.ts';
import { writeBrightPackage } from '../support/onnx.ts';
import { spawnProgram } from '../support/spawn.ts';
import { uploadModel } from '../support/upload-model.ts';
import { openBadLink, type Quality } from './bad-link.ts';
import { median } from './bench.ts';
import { addAll } from './fleet.ts';

const FPS = 5;
const POLL_MS = 90;
const SETTLE_MS = 10_000;
const MEASURE_MS = 60_000;
const QUALITIES: readonly Quality[] = ['good', 'slow', 'lossy', 'gone'];

const latest = z.object({ frame: z.number(), timingMs: z.record(z.string(), z.number()) });
const streams = z.object({
  items: z.array(z.object({ latencyMs: z.object({ max: z.number() }).optional() })),
});
const sent = z.object({ streams: z.array(z.object({ samples: z.number(), bytes: z.number() })) });

interface Watched {
  /** Milliseconds of each frame that was seen: decode, preprocess, infer, postprocess. */
  readonly frames: number[];
  /** The slowest frame of each second, decode to rules, waits included. */
  readonly slowest: number[];
}

export async function latencies(model: string, clip: string, print: (line: string) => void): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-bench-'));
  const hubFolder = path.join(folder, 'hub');
  const hub = createHubProgram(hubFolder, ['--second-opinion', 'bright@1.0.0']);
  await hub.start();
  await uploadModel({ httpPort: hub.httpPort() }, hubFolder, writeBrightPackage(path.join(folder, 'bright')));
  const link = await openBadLink(hub.mqttPort());
  const agents = await Promise.all(
    [true, false].map(async (asks) => {
      const [[device, token] = ['', '']] = Object.entries(await addAll(hub, 1, asks ? 'asks' : 'silent'));
      const own = path.join(folder, device);
      mkdirSync(own);
      writeFileSync(path.join(own, 'device.token'), token);
      const plenty = { perHour: { samples: 1_000_000, kB: 1e9 }, perDay: { samples: 1_000_000, kB: 1e9 } };
      const port = await freePort();
      const street = {
        ...{ source: { url: clip, loop: true }, model: 'model', fps: FPS, gate: false, summaryS: 1 },
        ...(asks ? { escalate: { choose: [{ kind: 'random', share: 1 }], ...plenty } } : {}),
      };
      const config = {
        ...{ device, hub: { url: `mqtt://127.0.0.1:${link.port}`, tokenFile: './device.token' } },
        ...{ models: { model: { path: model, variant: 'fp32' } }, runners: { count: 1 }, escalate: plenty },
        ...{ api: { port }, log: 'error', streams: { street } },
      };
      writeFileSync(path.join(own, 'agent.yaml'), JSON.stringify(config));
      return {
        url: `http://127.0.0.1:${port}/api/v1/streams`,
        started: spawnProgram('agent/main.js', ['run', '-c', path.join(own, 'agent.yaml')]),
      };
    }),
  );
  try {
    const [asking, silent] = agents;
    if (!asking || !silent) return;
    print(
      'latency of the edge, asking beside silent, at once: link, frames, p50 and p99 of the stages (ms), ratio of p99; slowest of each second, ratio of its median',
    );
    let before = { samples: 0, bytes: 0 };
    for (const quality of QUALITIES) {
      link.set(quality);
      await sleep(SETTLE_MS);
      const [a, b] = await Promise.all([watch(asking.url), watch(silent.url)]);
      const [p50a, p50b, p99a, p99b] = [
        quantile(a.frames, 0.5),
        quantile(b.frames, 0.5),
        quantile(a.frames, 0.99),
        quantile(b.frames, 0.99),
      ];
      const [slow, slowB] = [median(a.slowest), median(b.slowest)];
      const now = await samplesOf(hub.api('/hybrid'));
      print(
        `${quality.padEnd(6)} ${a.frames.length}+${b.frames.length}  ${p50a.toFixed(1)} / ${p50b.toFixed(1)}  ${p99a.toFixed(1)} / ${p99b.toFixed(1)}  ${(p99a / p99b).toFixed(2)} (target 1.05)  ${slow.toFixed(1)} / ${slowB.toFixed(1)}  ${(slow / slowB).toFixed(2)}  ${now.samples - before.samples} samples came, load ${loadavg()[0]?.toFixed(1)}`,
      );
      before = now;
    }
  } finally {
    for (const { started } of agents) {
      started.process.kill('SIGKILL');
      await started.ended;
    }
    link.close();
    await hub.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function watch(url: string): Promise<Watched> {
  const frames = new Map<number, number>();
  const slowest: number[] = [];
  const end = performance.now() + MEASURE_MS;
  for (let turn = 0; performance.now() < end; turn++) {
    const one = latest.parse(await ask(`${url}/street/latest?wait=5`));
    frames.set(
      one.frame,
      Object.values(one.timingMs).reduce((sum, ms) => sum + ms, 0),
    );
    if (turn % 10 === 0) {
      const { latencyMs } = streams.parse(await ask(url)).items[0] ?? {};
      if (latencyMs) slowest.push(latencyMs.max);
    }
    await sleep(POLL_MS);
  }
  return { frames: [...frames.values()], slowest };
}

async function ask(url: string): Promise<unknown> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

async function samplesOf(asked: Promise<unknown>): Promise<{ samples: number; bytes: number }> {
  const [one] = sent.parse(await asked).streams;
  return one ?? { samples: 0, bytes: 0 };
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}
