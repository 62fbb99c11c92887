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
import { cpuSeconds, memoryOf } from './process-stat.ts';
import { scenes } from './scenes.ts';
import { gateRule } from './street-rules.ts';

const FPS = 5;
const RUNNERS = 2;
/** Many streams take a while to start; then a little longer, until what waited meanwhile has been decoded and told. */
const START_MS = 60_000;
const SETTLE_MS = 6000;
const MEASURE_MS = 12_000;
const LIMIT = 0.01;
/** A recording that is decoded too slowly drops nothing: it falls behind. Summaries count whole frames, so that this is rough. */
const BEHIND = 0.02;

interface Load {
  readonly model: string;
  readonly clip: string;
  readonly gated: boolean;
}

interface Held {
  readonly analysed: number;
  readonly gated: number;
  readonly dropped: number;
  /** Frames that the same time should have brought. */
  readonly due: number;
  readonly p95: number;
  /** Seconds until every stream had told of its first frames; undefined when one never did. */
  readonly startedS: number | undefined;
  /** Milliseconds of processor time a second and stream, of the whole runners. */
  readonly cpuMs: number;
  /** Of the larger runner. */
  readonly rssMb: number;
}

export const cameras: Bench = {
  summary: `720p10 H.264 streams analysed at ${FPS}/s that ${RUNNERS} runners hold with < 1 % drops, gated and ungated`,
  async run(print) {
    const { model, clip: original } = await material(print);
    const { street, quiet } = await scenes(original, print);
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
        const behind = 1 - all / held.due;
        const share = `${held.analysed} analysed, ${held.gated} gated, ${held.dropped} dropped (${(drops * 100).toFixed(2)} %), ${(behind * 100).toFixed(1)} % behind`;
        const start =
          held.startedS === undefined ? 'not all of them started' : `all started after ${held.startedS.toFixed(1)} s`;
        const cost = `CPU ${held.cpuMs.toFixed(1)} ms/s a stream, ${held.rssMb} MB a runner`;
        print(`  ${what}, ${streams} streams: ${share}, latency p95 ${held.p95.toFixed(0)} ms, ${cost}; ${start}`);
        return held.startedS !== undefined && drops < LIMIT && behind < BEHIND;
      });
      print(`${what}: ${most} streams`);
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
  const held = { analysed: 0, gated: 0, dropped: 0, due: 0, p95: 0 };
  const started = new Set<string>();
  let allStarted: () => void = () => undefined;
  let measuring = false;
  const count = (message: FromRunner) => {
    if (message.type !== 'record' || message.body.kind !== 'summary') return;
    if (message.body.inferred > 0) started.add(message.body.stream);
    if (started.size === streams) allStarted();
    if (!measuring) return;
    held.analysed += message.body.inferred;
    held.gated += message.body.gated;
    held.dropped += message.body.dropped;
    held.due += (message.body.intervalMs / 1000) * FPS;
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
  const begun = performance.now();
  await Promise.race([
    new Promise<void>((resolve) => {
      allStarted = resolve;
    }),
    sleep(START_MS),
  ]);
  const startedS = started.size === streams ? (performance.now() - begun) / 1000 : undefined;
  await sleep(SETTLE_MS);
  const busy = () => supervisor.pids().reduce((sum, pid) => sum + cpuSeconds(pid), 0);
  const before = busy();
  measuring = true;
  await sleep(MEASURE_MS);
  measuring = false;
  const cpuMs = ((busy() - before) * 1e6) / MEASURE_MS / streams;
  const rssMb = Math.max(...supervisor.pids().map(memoryOf));
  await supervisor.stop();
  rmSync(workDir, { recursive: true, force: true });
  return { ...held, startedS, cpuMs, rssMb };
}
