/** `vedette-agent infer`: the pipeline once over its sources, without a hub (ARCHITECTURE 3.2). */
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Outcome } from '../../shared/engine/outcome.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { CodedError } from '../../shared/kit/errors.ts';
import type { TunerOptions } from '../models/tuner.ts';
import type { FrameResult } from '../pipeline/outputs.ts';
import { absoluteAddress } from '../pipeline/source/address.ts';
import type { FromRunner } from '../runner/messages.ts';
import { createSupervisor } from '../runner/supervisor.ts';
import type { Inference } from './infer-assignments.ts';
import type { Drawer } from './infer-drawing.ts';
import { inFlags } from './infer-flags.ts';
import { createAnomalies } from './infer-plot.ts';

export interface InferOptions extends Inference {
  readonly runners: number;
  /** A file; without it, stdout. */
  readonly out?: string;
  /** A video or a folder for the pictures with their results. */
  readonly draw?: string;
  /** A file for a picture (SVG) of a series with its score and what would have been told. */
  readonly plot?: string;
  readonly runnerEntry: URL;
  /** What `--variant auto` measures with, where a package has several. */
  readonly measure: Pick<TunerOptions, 'entry' | 'file' | 'machine'>;
  readonly clock: Clock;
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/** @returns the exit code: 0 when every source was read to its end and gave results, if it had a frame; 1 otherwise */
export async function infer(options: InferOptions): Promise<number> {
  if (options.plot !== undefined && options.sources.length > 1)
    throw new CodedError('config-invalid', '--plot takes one --source; run each source on its own');
  const drawer = await drawerFor(options);
  const lines = options.out === undefined ? options.stdout : createWriteStream(options.out);
  const results = createResults(options.sources.length);
  const anomalies = createAnomalies(options.sources, options.plot !== undefined);
  const workDir = mkdtempSync(path.join(tmpdir(), 'vedette-infer-'));
  try {
    await runAll(options, workDir, (message, print) => {
      if (message.type === 'result') {
        const source = Number(message.stream.slice(1));
        results.add(message.stream, message.result);
        drawer?.add(message.result);
        anomalies.add(source, message.result);
        lines.write(`${lineOf(message.result, options.sources.length > 1 ? source : undefined)}\n`);
      } else if (message.type === 'status' && message.status.model) results.variant = message.status.model.variant;
      else if (message.type === 'problem') {
        results.problem(message.stream);
        print(`${message.code}: ${inFlags(message.message)}`);
      } else if (message.type === 'note') print(message.message);
      else if (message.type === 'done') results.done(message.stream, message.rssMb, message.failure !== undefined);
    });
  } finally {
    rmSync(workDir, { recursive: true, force: true });
  }
  if (lines !== options.stdout) {
    lines.end();
    await finished(lines);
  } else if (lines.writableNeedDrain) await once(lines, 'drain');
  if (drawer) options.stderr.write(`drawn: ${await drawer.finish()} pictures in ${options.draw}\n`);
  for (const line of anomalies.summary()) options.stderr.write(`${line}\n`);
  if (options.plot !== undefined) anomalies.plot(path.resolve(options.folder, options.plot));
  options.stderr.write(`${JSON.stringify(results.totals())}\n`);
  return results.failed() ? 1 : 0;
}

/** Loaded when it is wanted: it brings a library for pictures. */
async function drawerFor({ draw, sources, folder }: InferOptions): Promise<Drawer | undefined> {
  const [source, ...others] = sources;
  if (draw === undefined || source === undefined) return undefined;
  if (others.length > 0)
    throw new CodedError('config-invalid', '--draw takes one --source; run each source on its own');
  const { createDrawer } = await import('./infer-drawing.ts');
  return createDrawer(absoluteAddress(source, folder), path.resolve(folder, draw));
}

/** Resolves when every source is done or its runner has died. */
async function runAll(
  options: InferOptions,
  workDir: string,
  handle: (message: FromRunner, print: (line: string) => void) => void,
): Promise<void> {
  const { clock, runners, sources } = options;
  const print = (line: string) => void options.stderr.write(`${line}\n`);
  const open = new Set(sources.map((_, index) => `s${index}`));
  let finish = () => {};
  const all = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const close = (stream: string) => {
    open.delete(stream);
    if (open.size === 0) finish();
  };
  const supervisor = createSupervisor({
    entry: options.runnerEntry,
    workDir,
    runners,
    restart: false,
    ...(sources.includes('-') ? { stdin: 'inherit' } : {}),
    clock,
    onMessage(message) {
      handle(message, print);
      if (message.type === 'done') close(message.stream);
    },
    onRunnerDied({ streams, code, message }) {
      print(`${code}: ${message}`);
      for (const stream of streams.filter((s) => open.has(s))) {
        handle({ type: 'done', stream, failure: { code, message }, rssMb: 0 }, print);
        close(stream);
      }
    },
  });
  // The runners load their libraries while we load ours and look at the model.
  supervisor.warm(sources.length);
  try {
    const { assignmentsFor } = await import('./infer-assignments.ts');
    const measuring = { ...options.measure, workDir: path.join(workDir, 'measure'), runners, clock, print };
    void supervisor.apply(await assignmentsFor(options, measuring));
    await all;
  } finally {
    await supervisor.stop();
  }
}

function lineOf({ frame, ptsMs, atMs, outcome, objects }: FrameResult, source: number | undefined): string {
  return JSON.stringify({
    ...(source === undefined ? {} : { source }),
    frame,
    ptsMs: Math.round(ptsMs * 1000) / 1000,
    ...(atMs === undefined ? {} : { at: new Date(atMs).toISOString() }),
    ...resultOf(outcome, objects),
  });
}

/** The task's own fields of a line (ARCHITECTURE 3.2). */
function resultOf(outcome: Outcome, objects: FrameResult['objects']): object {
  switch (outcome.task) {
    case 'detect':
      return {
        detections: objects.map((d) => ({ ...d, score: round(d.score, 4), box: d.box.map((v) => round(v, 5)) })),
      };
    case 'classify':
      return { classes: outcome.classes.map((c) => ({ label: c.label, score: round(c.score, 4) })) };
    case 'anomaly':
      return { score: round(outcome.score, 6), threshold: round(outcome.threshold, 6), anomalous: outcome.anomalous };
    case 'embed':
      return { vector: [...outcome.vector] };
  }
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function createResults(sources: number) {
  const sums = { decode: 0, preprocess: 0, infer: 0, postprocess: 0 };
  let frames = 0;
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  let rssMb = 0;
  let complete = 0;
  const answered = new Set<string>();
  const withProblem = new Set<string>();
  return {
    variant: null as string | null,
    add(stream: string, result: FrameResult) {
      answered.add(stream);
      frames++;
      first = Math.min(first, result.startedAt);
      last = Math.max(last, result.endedAt);
      for (const key of ['decode', 'preprocess', 'infer', 'postprocess'] as const) sums[key] += result.timing[key];
    },
    problem: (stream: string) => void withProblem.add(stream),
    done(stream: string, processRssMb: number, failed: boolean) {
      rssMb = Math.max(rssMb, processRssMb);
      // Each frame may have failed, with the source as good as it can be.
      if (!failed && (answered.has(stream) || !withProblem.has(stream))) complete++;
    },
    failed: () => complete < sources,
    /** The last line on stderr (ARCHITECTURE 3.2); `rssMb` is that of the largest runner. */
    totals() {
      const seconds = frames > 0 ? (last - first) / 1000 : 0;
      const mean = (sum: number) => (frames > 0 ? round(sum / frames, 3) : 0);
      return {
        frames,
        seconds: round(seconds, 3),
        fps: seconds > 0 ? round(frames / seconds, 2) : 0,
        msPerFrame: {
          decode: mean(sums.decode),
          preprocess: mean(sums.preprocess),
          infer: mean(sums.infer),
          postprocess: mean(sums.postprocess),
        },
        variant: this.variant,
        rssMb,
      };
    },
  };
}
