/** `bench swaps`: model after model takes over on running streams; what is lost at each, and what stays behind in memory. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Assignment, FromRunner } from '../../agent/runner/messages.ts';
import { createSupervisor } from '../../agent/runner/supervisor.ts';
import { generateClip } from '../../fixtures/clip/generate.ts';
import { streamConfig } from '../../shared/contract/config/stream.ts';
import { systemClock } from '../../shared/kit/clock.ts';
import { rssMb } from '../../shared/kit/memory.ts';
import { writeBrightPackage } from '../support/onnx.ts';
import { type Bench, median, quantile } from './bench.ts';
import { memoryOf } from './process-stat.ts';

const FPS = 75;
const STREAMS = 4;
/** Swaps after which everything that is taken once has been taken. */
const WARM_UP = 10;

interface Reported {
  frames: number;
  dropped: number;
  failed: number;
  /** `Clock.mono` of the first and the last summary. */
  from: number;
  to: number;
}

export const swaps: Bench = {
  summary: 'models swapped on running streams: frames lost at each swap, and memory at the end over after warm-up',
  options: {
    swaps: { description: 'how many models take over', default: 100 },
    frames: { description: 'least frames that are analysed in all', default: 100_000 },
  },
  async run(print, option) {
    const folder = mkdtempSync(path.join(tmpdir(), 'vedette-bench-'));
    const clip = path.join(folder, 'clip.mp4');
    await generateClip(clip, { frames: 1000, width: 96, height: 64, fps: FPS });
    const models = ['1.0.0', '2.0.0'].map((version) =>
      writeBrightPackage(path.join(folder, version), { size: 64 }, { version }),
    );
    const reported = new Map<string, Reported>();
    const supervisor = createSupervisor({
      entry: new URL('../../agent/runner/child.js', import.meta.url),
      workDir: path.join(folder, 'runners'),
      runners: 1,
      restart: false,
      clock: systemClock,
      onMessage: (message) => count(reported, message),
      onRunnerDied: ({ message }) => print(message),
    });
    const assignments = (model: string): Assignment[] =>
      Array.from({ length: STREAMS }, (_, i) => ({
        stream: `s${i}`,
        config: streamConfig.parse({ source: { url: clip, loop: true }, model: 'model', summaryS: 1 }),
        modelDir: model,
        variant: 'auto',
        batch: 1,
        runtime: { threads: 1, provider: 'cpu' },
        once: false,
      }));
    try {
      await supervisor.apply(assignments(models[0] ?? ''));
      await systemClock.sleep(5000);
      const seconds: number[] = [];
      const memory: { supervisor: number; runner: number }[] = [];
      const total = () => [...reported.values()].reduce((sum, { frames }) => sum + frames, 0);
      for (let swap = 1; swap <= option('swaps'); swap++) {
        const start = systemClock.mono();
        const failed = await supervisor.apply(assignments(models[swap % 2] ?? ''));
        seconds.push((systemClock.mono() - start) / 1000);
        for (const { reason } of failed) print(`swap ${swap} failed: ${reason}`);
        memory.push({ supervisor: rssMb(), runner: memoryOf(supervisor.pids()[0]) });
        if (swap % 20 === 0) print(`${swap} swaps, ${total()} frames, supervisor ${memory.at(-1)?.supervisor} MB`);
      }
      while (total() < option('frames')) await systemClock.sleep(1000);
      memory.push({ supervisor: rssMb(), runner: memoryOf(supervisor.pids()[0]) });
      report(print, reported, seconds, memory);
    } finally {
      await supervisor.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

function count(reported: Map<string, Reported>, message: FromRunner): void {
  if (message.type !== 'record' || message.body.kind !== 'summary') return;
  const { stream, inferred, dropped, failed } = message.body;
  const known = reported.get(stream);
  // What came before the first summary is the beginning of the measurement.
  if (!known) reported.set(stream, { frames: 0, dropped: 0, failed: 0, from: message.at, to: message.at });
  else {
    known.frames += inferred;
    known.dropped += dropped;
    known.failed += failed;
    known.to = message.at;
  }
}

function report(
  print: (line: string) => void,
  reported: ReadonlyMap<string, Reported>,
  seconds: readonly number[],
  memory: readonly { supervisor: number; runner: number }[],
): void {
  const all = [...reported.values()];
  const sum = (of: (t: Reported) => number) => all.reduce((total, t) => total + of(t), 0);
  const due = sum(({ from, to }) => ((to - from) / 1000) * FPS);
  const [frames, dropped, swapped] = [sum((t) => t.frames), sum((t) => t.dropped), seconds.length];
  const each = (n: number) => (n / swapped / STREAMS).toFixed(2);
  print(
    `${swapped} swaps of ${STREAMS} streams at ${FPS} frames/s: ${frames} frames analysed, ${sum((t) => t.failed)} failed`,
  );
  print(
    `a swap took ${median(seconds).toFixed(1)} s (p95 ${quantile(seconds, 0.95).toFixed(1)}), the one before answering all the while`,
  );
  print(
    `frames a swap and stream: ${each(due - frames - dropped)} neither analysed nor counted as dropped; target ≤ 1`,
  );
  print(`${dropped} counted as dropped for want of time, ${((100 * dropped) / due).toFixed(2)} % of all`);
  const warm = memory[Math.min(WARM_UP, memory.length - 1)];
  const last = memory.at(-1);
  for (const side of ['supervisor', 'runner'] as const) {
    const [then, now] = [warm?.[side] ?? 0, last?.[side] ?? 0];
    print(
      `${side} RSS: ${now} MB at the end, ${then} MB after ${WARM_UP} swaps: ${(now / then).toFixed(3)}; target ≤ 1.05`,
    );
  }
}
