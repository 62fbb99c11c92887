/** `bench cameras`: how many 720p10 H.264 streams, analysed at 5 a second, two runners hold with less than 1 % drops. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FromRunner } from '../../agent/runner/messages.ts';
import { createSupervisor } from '../../agent/runner/supervisor.ts';
import { streamConfig } from '../../shared/contract/config/stream.ts';
import { systemClock } from '../../shared/kit/clock.ts';
import type { Bench } from './bench.ts';
import { material } from './material.ts';
import { scenes } from './scenes.ts';
import { gateRule } from './street-rules.ts';

const FPS = 5;
const RUNNERS = 2;
const WARM_UP_MS = 5000;
const MEASURE_MS = 12_000;
const LIMIT = 0.01;

interface Load {
  readonly model: string;
  readonly clip: string;
  readonly gated: boolean;
}

interface Held {
  readonly analysed: number;
  readonly gated: number;
  readonly dropped: number;
  readonly p95: number;
}

export const cameras: Bench = {
  summary: `720p10 H.264 streams analysed at ${FPS}/s that ${RUNNERS} runners hold with < 1 % drops, gated and ungated`,
  async run(say) {
    const { model, clip: original } = await material(say);
    const { street, quiet } = await scenes(original, say);
    const cases = [
      { what: 'street, ungated', clip: street, gated: false },
      { what: 'street, gated', clip: street, gated: true },
      { what: 'quiet scene, gated', clip: quiet, gated: true },
    ];
    for (const { what, clip, gated } of cases) {
      const most = await search(async (streams) => {
        const held = await hold({ model, clip, gated }, streams);
        const all = held.analysed + held.gated + held.dropped;
        const drops = all > 0 ? held.dropped / all : 1;
        const share = `${held.analysed} analysed, ${held.gated} gated, ${held.dropped} dropped (${(drops * 100).toFixed(2)} %)`;
        say(`  ${what}, ${streams} streams: ${share}, latency p95 ${held.p95.toFixed(0)} ms`);
        return drops < LIMIT;
      });
      say(`${what}: ${most} streams`);
    }
  },
};

/** The largest number for which `holds`, found by doubling and then halving the distance. */
async function search(holds: (streams: number) => Promise<boolean>): Promise<number> {
  let good = 0;
  let bad = 4;
  while (await holds(bad)) {
    good = bad;
    bad *= 2;
  }
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (await holds(middle)) good = middle;
    else bad = middle;
  }
  return good;
}

async function hold({ model, clip, gated }: Load, streams: number): Promise<Held> {
  const workDir = mkdtempSync(path.join(tmpdir(), 'vedette-bench-'));
  const held = { analysed: 0, gated: 0, dropped: 0, p95: 0 };
  let measuring = false;
  const count = (message: FromRunner) => {
    if (message.type !== 'record' || message.body.kind !== 'summary' || !measuring) return;
    held.analysed += message.body.inferred;
    held.gated += message.body.gated;
    held.dropped += message.body.dropped;
    held.p95 = Math.max(held.p95, message.body.latencyMs.p95);
  };
  const config = {
    source: { url: clip, loop: true },
    model: 'model',
    fps: FPS,
    summaryS: 2,
    rules: gateRule,
    ...(gated ? { gate: {} } : {}),
  };
  const supervisor = createSupervisor({
    entry: new URL('../../agent/runner/child.js', import.meta.url),
    workDir,
    runners: RUNNERS,
    restart: false,
    clock: systemClock,
    onMessage: count,
    onRunnerDied: ({ message }) => console.error(message),
  });
  void supervisor.apply(
    Array.from({ length: streams }, (_, index) => ({
      stream: `s${index}`,
      config: streamConfig.parse(config),
      modelDir: model,
      variant: 'auto',
      batch: 1,
      runtime: { threads: 1, provider: 'cpu' },
      once: false,
    })),
  );
  await sleep(WARM_UP_MS);
  measuring = true;
  await sleep(MEASURE_MS);
  measuring = false;
  await supervisor.stop();
  rmSync(workDir, { recursive: true, force: true });
  return held;
}
