/**
 * `bench sensors`: many series at one sample per second on one core. Each is a stream with its source, detector, rule and records, all in one
 * process, as fast as it goes; beside it a bare loop over the same samples: the online detector's, and a trained model's graph.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import v8 from 'node:v8';
import vm from 'node:vm';
import { onlineDetector } from '../../agent/pipeline/sensor/online.ts';
import { openSource } from '../../agent/pipeline/source/picture/open.ts';
import { startWalk } from '../../agent/pipeline/walk.ts';
import type { Walk, WalkParts } from '../../agent/pipeline/walk-parts.ts';
import { streamConfig } from '../../shared/contract/config/stream.ts';
import { openEngine } from '../../shared/engine/engine.ts';
import { openSession } from '../../shared/engine/infer/session.ts';
import { chooseVariant, loadVariant, readPackage } from '../../shared/engine/package/package.ts';
import { Detector } from '../../shared/engine/series/online/detector.ts';
import { systemClock } from '../../shared/kit/clock.ts';
import { waveRows, writeCsv, writeWaveModel } from '../support/sensor.ts';
import type { Bench } from './bench.ts';

const ROWS = 640;
/** After the online detector has learned (500 samples), and what the model's windows need. */
const FAULT = 600;
/** Samples that the detector knows when its memory is measured: its sketches, shapes and days are full then. */
const FULL = 12_000;
const FULL_SERIES = 50;
const SAMPLES_PER_SECOND = 1;

interface Played {
  readonly samplesPerSecond: number;
  /** Samples from the fault to the event, of each series that has one. */
  readonly delays: readonly number[];
  readonly kilobytes: number;
  readonly results: number;
}

export const sensors: Bench = {
  summary:
    'many series at one sample per second on one core: throughput over a bare loop, memory, delay of the first event',
  options: { series: { description: 'series in one process', default: 2000 } },
  async run(print, option) {
    const series = option('series');
    const folder = mkdtempSync(path.join(tmpdir(), 'vedette-sensors-'));
    try {
      const file = writeCsv(folder, 'series.csv', waveRows(ROWS, FAULT));
      const urls = Array.from({ length: series }, (_, n) => path.join(folder, `${n}.csv`));
      for (const url of urls) writeFileSync(url, `timestamp,value\n${waveRows(ROWS, FAULT).join('\n')}\n`);

      const bare = bareDetector();
      const online = await play(urls, { engine: onlineDetector(undefined) });
      report('online detector', online, bare, series, print);
      print(
        `  an online detector that has seen ${FULL} samples: ${fullDetectorKb().toFixed(1)} kB (target: at most 64)`,
      );

      const dir = await writeWaveModel(folder);
      const engine = await openEngine({ dir, variant: 'auto', threads: 1 }, systemClock);
      const graph = await bareGraph(dir);
      const trained = await play(urls, { engine });
      report(`trained model (a window each second sample)`, trained, graph, series, print);
      await engine.close();
      print(`of each series ${ROWS} samples, as in ${path.basename(file)}`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

function report(what: string, played: Played, bare: number, series: number, print: (line: string) => void): void {
  const { samplesPerSecond, delays, kilobytes } = played;
  const need = series * SAMPLES_PER_SECOND;
  print(`${what}: ${Math.round(samplesPerSecond)} samples per second of one core`);
  print(
    `  ${(samplesPerSecond / need).toFixed(1)} x what ${series} series need; ${(samplesPerSecond / bare).toFixed(2)} of a bare loop (${Math.round(bare)}/s)`,
  );
  print(`  ${kilobytes.toFixed(1)} kB per series, of streams that are open (target: at most 64)`);
  const latest = delays.length > 0 ? String(Math.max(...delays)) : 'none';
  print(
    `  events of the fault: ${delays.length} of ${series}; the latest ${latest} samples after its first (target: at most 1)`,
  );
}

/** All series at once, in this process; processor time of the whole process counts. */
async function play(urls: readonly string[], parts: Pick<WalkParts, 'engine'>): Promise<Played> {
  const before = liveBytes();
  const walks: Walk[] = [];
  const delays: number[] = [];
  let results = 0;
  const started = process.cpuUsage();
  await Promise.all(
    urls.map(
      (url) =>
        new Promise<void>((resolve, reject) => {
          const config = streamConfig.parse({
            kind: 'sensor',
            source: { url, pace: 'fast' },
            ...('online' in parts.engine ? { detector: 'online' } : { model: 'm' }),
            rules: [{ kind: 'anomaly', name: 'odd', frames: 1 }],
          });
          let told = false;
          const walk = startWalk(
            'series',
            config,
            { ...parts, openSource, clock: systemClock },
            {
              onOpened: () => undefined,
              onResult: () => void results++,
              onRecord(body) {
                if (told || body.kind !== 'event' || body.action !== 'start') return;
                const late = body.ptsMs / 1000 + firstAt(parts.engine) - FAULT;
                if (late < 0) return;
                told = true;
                delays.push(late);
              },
              onPreview: () => undefined,
              // One thread reads all of them: each waits for its file.
              onProblem: (code, message) => code === 'source-stalled' || reject(new Error(`${code}: ${message}`)),
              onEnd: (failure) => (failure ? reject(new Error(failure.message)) : resolve()),
            },
          );
          walks.push(walk);
        }),
    ),
  );
  const { user, system } = process.cpuUsage(started);
  // At one sample per second the totals of an interval are of ten samples, not of all.
  for (const walk of walks) walk.flush();
  const kilobytes = (liveBytes() - before) / urls.length / 1024;
  await Promise.all(walks.map((walk) => walk.close()));
  return { samplesPerSecond: (urls.length * ROWS) / ((user + system) / 1e6), delays, kilobytes, results };
}

/** The sample, from 0, that `ptsMs` 0 belongs to. */
function firstAt(engine: WalkParts['engine']): number {
  return 'online' in engine ? 0 : ('window' in engine.manifest.input ? engine.manifest.input.window : 1) - 1;
}

function bareDetector(): number {
  const values = waveRows(ROWS, FAULT).map((row) => Number(row.split(',')[1]));
  const rounds = 100;
  const started = process.cpuUsage();
  for (let round = 0; round < rounds; round++) {
    const detector = new Detector(1);
    for (const [i, value] of values.entries()) detector.next(i * 1000, [value]);
  }
  const { user, system } = process.cpuUsage(started);
  return (rounds * values.length) / ((user + system) / 1e6);
}

/** Samples per second of the graph alone; a window comes with each second sample. */
async function bareGraph(dir: string): Promise<number> {
  const pack = await readPackage(dir);
  const { bytes, graph } = await loadVariant(pack, chooseVariant(pack.manifest, 'auto'));
  const session = await openSession(bytes, { threads: 1 });
  const shape = (graph.inputs[0]?.shape ?? []).map((n) => n ?? 1);
  const input = new Float32Array(shape.reduce((a, b) => a * b, 1));
  const runs = 50_000;
  const step = 'step' in pack.manifest.input ? (pack.manifest.input.step ?? 1) : 1;
  const started = process.cpuUsage();
  for (let i = 0; i < runs; i++) await session.run(input, shape);
  const { user, system } = process.cpuUsage(started);
  return (runs * step) / ((user + system) / 1e6);
}

function fullDetectorKb(): number {
  const before = liveBytes();
  const detectors = Array.from({ length: FULL_SERIES }, () => new Detector(1));
  for (const [n, detector] of detectors.entries())
    for (let i = 0; i < FULL; i++)
      detector.next(i * 1000, [
        Math.sin(i / (20 + n)) + Math.sin(i * 12.9898 * (n + 1)) * 0.2 + (i % 997 === 0 ? 5 : 0),
      ]);
  const bytes = liveBytes() - before;
  return bytes / detectors.length / 1024;
}

/** Bytes that are in use after a collection. */
function liveBytes(): number {
  v8.setFlagsFromString('--expose-gc');
  const collect: unknown = vm.runInNewContext('gc');
  if (typeof collect === 'function') for (let i = 0; i < 3; i++) collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
