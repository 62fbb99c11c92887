/**
 * Why a stream is slow, in words. Pure.
 *
 * A runner decodes in a thread of its own while its main thread infers, so that the slower of the two bounds the rate; on one
 * core they take turns. Every frame of the source is decoded, only the analysed ones are scaled and inferred.
 */

import { type Finding, finding } from '../../shared/doctor/finding.ts';
import type { FrameTiming } from '../pipeline/outputs.ts';
import type { StreamFigures } from './figures.ts';

export interface StreamCase {
  readonly stream: string;
  readonly figures: StreamFigures;
  /** Frames a second that the configuration asks for; undefined: all that the source has. */
  readonly askedFps: number | undefined;
  /** Decoding waits for the camera: its time does not measure the work. */
  readonly live: boolean;
  /** What decodes it, and the size of its frames. */
  readonly description: string;
}

export interface Load {
  /** Frames a second that one runner holds, with nothing else to do. */
  readonly holdsFps: number;
  /** Frames a second that will be asked of it; undefined when that is not known. */
  readonly wantedFps: number | undefined;
  readonly slowest: keyof FrameTiming;
  /** Cores that the wanted rate keeps busy, and inference threads of its runner; 0 when the rate is not known. */
  readonly cores: number;
  readonly inference: number;
}

/** A machine that is this busy drops frames as soon as anything else happens. */
const FULL = 0.9;
/** More than the source gives, and not by its rounding. */
const MORE = 1.05;

export function loadOf({ figures, askedFps, live }: StreamCase, cores: number): Load {
  const { preprocess, infer, postprocess } = figures.ms;
  const decode = live ? 0 : figures.ms.decode;
  const { sourceFps } = figures;
  const wantedFps = sourceFps === undefined ? askedFps : Math.min(askedFps ?? sourceFps, sourceFps);
  // For each frame that is analysed so many are decoded.
  const skipped = sourceFps !== undefined && wantedFps ? sourceFps / wantedFps : 1;
  const reading = decode * skipped + preprocess;
  const thinking = infer + postprocess;
  const frame = cores > 1 ? Math.max(reading, thinking) : reading + thinking;
  const stages = { decode: decode * skipped, preprocess, infer, postprocess };
  const slowest = (Object.keys(stages) as (keyof FrameTiming)[]).reduce((a, b) => (stages[b] > stages[a] ? b : a));
  return {
    holdsFps: frame > 0 ? 1000 / frame : Number.POSITIVE_INFINITY,
    wantedFps,
    slowest,
    cores: ((wantedFps ?? 0) * (reading + thinking)) / 1000,
    inference: ((wantedFps ?? 0) * thinking) / 1000,
  };
}

export function judgeStream(one: StreamCase, cores: number): Finding {
  const subject = `stream ${one.stream}`;
  const { figures, description } = one;
  const load = loadOf(one, cores);
  const { holdsFps, wantedFps, slowest } = load;
  const ms = round(figures.ms[slowest]);
  const facts = `${description}${figures.sourceFps === undefined ? '' : `, ${round(figures.sourceFps)} frames/s`}`;
  const most = `${stageNames[slowest]} takes ${ms} ms per frame, ${round(holdsFps)} frames/s at most`;
  if (wantedFps === undefined) return finding(subject, 'ok', `${facts}; ${most}`);
  const text = `${facts}; ${most}; ${askedText(one, wantedFps)}`;
  if (wantedFps <= holdsFps * FULL) return finding(subject, 'ok', text);
  return finding(subject, 'note', text, adviceFor[slowest]);
}

/** What is asked for, and what of the source's frames that leaves out. */
function askedText({ askedFps, figures: { sourceFps } }: StreamCase, wantedFps: number): string {
  if (askedFps === undefined || sourceFps === undefined) return `asked for ${round(wantedFps)}`;
  if (askedFps > sourceFps * MORE) return `asked for ${round(askedFps)}, the source has no more`;
  const left = sourceFps - askedFps;
  return `asked for ${round(askedFps)}${left >= 0.5 ? `, ${round(left)} are left out` : ''}`;
}

/** All streams together: does the machine hold them, and are they dealt well? */
export function judgeTogether(
  cases: readonly StreamCase[],
  cores: number,
  hands: readonly (readonly string[])[],
): Finding | undefined {
  const loads = new Map(cases.map((one) => [one.stream, loadOf(one, cores)]));
  if (loads.size === 0) return undefined;
  const needed = [...loads.values()].reduce((sum, { cores: busy }) => sum + busy, 0);
  const text = `all streams together need ${round(needed)} of ${cores} ${cores === 1 ? 'core' : 'cores'}`;
  if (needed > cores * FULL) {
    return finding('load', 'note', text, 'frames will be dropped: lower `fps`, use smaller inputs, or fewer streams');
  }
  const crowded = hands.find(
    (streams) => streams.length > 1 && streams.reduce((sum, s) => sum + (loads.get(s)?.inference ?? 0), 0) > FULL,
  );
  if (!crowded) return finding('load', 'ok', text);
  const shared = `${text}, but ${crowded.join(', ')} share one runner, which infers one frame at a time`;
  return finding('load', 'note', shared, 'set `runners.count` higher, so that they are spread over more runners');
}

const stageNames: Readonly<Record<keyof FrameTiming, string>> = {
  decode: 'decoding',
  preprocess: 'scaling',
  infer: 'inference',
  postprocess: 'the head',
};

const adviceFor: Readonly<Record<keyof FrameTiming, string>> = {
  decode: 'ask the camera for a smaller picture or fewer frames (a substream), or try hardware decoding',
  preprocess: 'ask the camera for a smaller picture, or use a model with a smaller input',
  infer: 'lower `fps`, use a model with a smaller input, another `variant`, or more `runners.threads`',
  postprocess: 'raise the `threshold`: the model finds more than anybody needs',
};

function round(value: number): number {
  return value >= 10 ? Math.round(value) : Math.round(value * 10) / 10;
}
