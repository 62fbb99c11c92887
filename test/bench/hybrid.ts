/**
 * `bench hybrid`: how much of the hub model's answer on every frame a stream gets back for a few frames sent. The edge's and the hub's
 * model are run once over the clip; then the real walk, tracker, rules, selectors and judge play each policy.
 */
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { EventBody, SampleBody } from '../../agent/pipeline/outputs.ts';
import { judge } from '../../cloud-hub/inference/judge.ts';
import { pictureStream } from '../../shared/contract/config/stream.ts';
import type { Detection } from '../../shared/contract/messages/preview.ts';
import type { Box } from '../../shared/contract/names.ts';
import { createPictureMaker } from '../../shared/engine/frames/picture.ts';
import { allocFrame, openVideo } from '../../shared/engine/frames/reader.ts';
import { createRedactor, NOTHING_HIDDEN } from '../../shared/engine/frames/redact.ts';
import { objectsOf } from '../../shared/engine/outcome.ts';
import { seeded } from '../support/random.ts';
import type { Bench } from './bench.ts';
import { type Agreement, agreement } from './events.ts';
import { type Point, plotOf } from './hybrid-plot.ts';
import { assetsFolder } from './material.ts';
import { type Recording, record, replay } from './replay.ts';
import { streetRules } from './street-rules.ts';

const SIDE = 640;
/** Score from which on an object counts, of both models; the candidates of `ours` begin lower. */
const THRESHOLD = 0.45;
const LOWER = 0.3;
const SHARES = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5];
const SEEDS = [1, 2, 3, 4, 5];
const PLOT = 'hybrid.svg';

interface Played {
  readonly events: readonly EventBody[];
  /** Frames that were sent, whose answer the hub gave. */
  readonly sent: ReadonlySet<number>;
}

export const hybrid: Bench = {
  summary:
    "quality over frames and bytes sent to the hub's bigger model: edge only, hub only, random, every alarm, ours",
  async run(print) {
    const assets = assetsFolder();
    const clip = path.join(assets, 'media/vtest-20s.mp4');
    if (!existsSync(clip)) return print(`skipped: it needs two models and a clip in ${assets}`);
    const edge = await record(path.join(assets, 'models/light-person-192'), clip);
    const hub = await record(path.join(assets, 'models/yolox-nano-640'), clip);
    const bytes = await pictureBytes(clip);
    const rules = Object.values(streetRules).flat(2);
    const truth = await play(hub, THRESHOLD, 'none');
    const points: Point[] = [];
    print(
      `${edge.frames.length} frames, ${rules.length} rules, ${truth.events.length} events of the hub's model; JPEG of ${SIDE} pixels`,
    );
    print('policy                     frames sent   kB     events: F1  found  right   frames: F1');
    const say = (policy: string, played: Played, group: string) => {
      const found = agreement(truth.events, played.events);
      const share = played.sent.size / edge.frames.length;
      const kB = [...played.sent].reduce((all, frame) => all + (bytes[frame] ?? 0), 0) / 1000;
      const boxes = boxesF1(edge, hub, played.sent);
      points.push({ group, share, kB, events: f1(found), frames: boxes });
      const cells = [
        percent(share),
        kB.toFixed(0).padStart(6),
        percent(f1(found)),
        percent(of(found.paired, found.expected)),
      ];
      print(`${policy.padEnd(26)} ${cells.join('  ')}  ${percent(of(found.paired, found.got))}     ${percent(boxes)}`);
    };
    const none = { events: (await play(edge, THRESHOLD, 'none')).events, sent: new Set<number>() };
    say('edge only', none, 'edge only');
    for (const share of SHARES) {
      const tries: Played[] = [];
      for (const seed of SEEDS) tries.push(await random(edge, hub, share, seed));
      // The middle one of several draws, by its events.
      tries.sort((a, b) => f1(agreement(truth.events, a.events)) - f1(agreement(truth.events, b.events)));
      const middle = tries[Math.floor(tries.length / 2)];
      if (middle) say(`random ${percent(share).trim()}`, middle, 'random');
    }
    say('every alarm', amended(await play(edge, THRESHOLD, 'event'), hub, Number.POSITIVE_INFINITY), 'every alarm');
    const candidates = await play(edge, LOWER, 'event');
    for (const share of [...SHARES, 1]) {
      const most = Math.round(share * edge.frames.length);
      say(`ours, at most ${percent(share).trim()}`, ours(candidates, hub, most), 'ours');
      if (new Set(candidates.samples.map(({ frame }) => frame)).size <= most) break;
    }
    say('hub only', { events: truth.events, sent: new Set(edge.frames.keys()) }, 'hub only');
    writeFileSync(PLOT, plotOf(points));
    print(
      `F1 against the hub's model on every frame: events within one second, boxes of persons at IoU 0.5. Plot: ${PLOT}`,
    );
  },
};

interface Asked {
  readonly events: readonly EventBody[];
  readonly samples: readonly (SampleBody & { readonly worth: number })[];
}

async function play(recording: Recording, threshold: number, choose: 'none' | 'event'): Promise<Asked> {
  const samples: (SampleBody & { worth: number })[] = [];
  const all: EventBody[] = [];
  for (const rules of Object.values(streetRules).flat()) {
    const stream = pictureStream.parse({
      source: { url: 'replay', pace: 'fast' },
      model: 'model',
      threshold,
      rules: [...rules],
      summaryS: 3600,
      ...(choose === 'event' ? { escalate: { choose: [{ kind: 'event' }] } } : {}),
    });
    const { events } = await replay(recording, stream, (body, worth) => samples.push({ ...body, worth }));
    all.push(...events);
  }
  return { events: all, samples };
}

/** What is left when the hub has looked at the events that it was asked about, each frame once. */
function amended({ events, samples }: Asked, hub: Recording, most: number): Played {
  const asked = new Map(samples.map((sample) => [sample.id, sample]));
  const sent = new Set<number>();
  const left = events.filter(({ sample }) => {
    const header = sample === undefined ? undefined : asked.get(sample);
    if (!header) return true;
    if (!sent.has(header.frame) && sent.size >= most) return true;
    sent.add(header.frame);
    return judge({ ...header, wall: 0 }, seenBy(hub, header.frame)).outcome !== 'withdrawn';
  });
  return { events: left, sent };
}

/** A candidate that the hub was not asked about counts only with the edge's own threshold; the surest doubts are asked first. */
function ours(candidates: Asked, hub: Recording, most: number): Played {
  const doubt = ({ score }: EventBody) => Math.abs(score - THRESHOLD);
  const byDoubt = candidates.events.toSorted((a, b) => doubt(a) - doubt(b));
  const asked = new Map(candidates.samples.map((sample) => [sample.id, sample]));
  const sent = new Set<number>();
  const left = byDoubt.filter((event) => {
    const header = event.sample === undefined ? undefined : asked.get(event.sample);
    const isAsked = header && (sent.has(header.frame) || sent.size < most);
    if (!isAsked) return event.score >= THRESHOLD;
    sent.add(header.frame);
    return judge({ ...header, wall: 0 }, seenBy(hub, header.frame)).outcome !== 'withdrawn';
  });
  return { events: left, sent };
}

/** Frames by chance: the tracker and the rules of the edge get the hub's objects there. */
async function random(edge: Recording, hub: Recording, share: number, seed: number): Promise<Played> {
  const draw = seeded(seed);
  const order = [...edge.frames.keys()].map((frame) => [draw(), frame] as const).toSorted(([a], [b]) => a - b);
  const sent = new Set(order.slice(0, Math.round(share * order.length)).map(([, frame]) => frame));
  const mixed = edge.frames.map((frame, index) =>
    sent.has(index) ? { ...frame, outcome: hub.frames[index]?.outcome ?? frame.outcome } : frame,
  );
  return { events: (await play({ ...edge, frames: mixed }, THRESHOLD, 'none')).events, sent };
}

function seenBy({ frames }: Recording, frame: number): Detection[] {
  const outcome = frames[frame]?.outcome;
  return outcome ? persons(objectsOf(outcome), LOWER) : [];
}

const persons = (objects: readonly Detection[], least: number) =>
  objects.filter(({ label, score }) => label === 'person' && score >= least);

/** F1 of boxes over all frames, where a frame that was sent has the hub's. */
function boxesF1(edge: Recording, hub: Recording, sent: ReadonlySet<number>): number {
  let [hits, wanted, got] = [0, 0, 0];
  for (const [index, { outcome }] of edge.frames.entries()) {
    const truth = persons(objectsOf(hub.frames[index]?.outcome ?? outcome), THRESHOLD);
    const said = sent.has(index) ? truth : persons(objectsOf(outcome), THRESHOLD);
    const free = new Set(truth);
    for (const { box } of said) {
      const match = [...free].find((other) => iou(other.box, box) >= 0.5);
      if (!match) continue;
      free.delete(match);
      hits++;
    }
    wanted += truth.length;
    got += said.length;
  }
  return f1({ expected: wanted, got, paired: hits });
}

function iou(a: Box, b: Box): number {
  const width = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  const both = Math.max(0, width) * Math.max(0, height);
  return both / (a[2] * a[3] + b[2] * b[3] - both);
}

/** Bytes of each frame as it is sent. */
async function pictureBytes(clip: string): Promise<number[]> {
  const reader = await openVideo(
    { from: 'file', url: clip, shown: clip, waits: false },
    { onUndecodable: () => undefined },
  );
  const redactor = createRedactor(NOTHING_HIDDEN);
  const pictures = createPictureMaker();
  const frame = allocFrame();
  const all: number[] = [];
  while ((await reader.next(frame)) !== undefined) {
    all.push(pictures.crop(redactor.redact(frame), [0, 0, 1, 1], SIDE).jpeg.length);
  }
  frame.free();
  for (const part of [pictures, redactor, reader]) part.close();
  return all;
}

function f1({ expected, got, paired }: Agreement): number {
  return expected + got === 0 ? 1 : (2 * paired) / (expected + got);
}

function of(part: number, whole: number): number {
  return whole === 0 ? 1 : part / whole;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1).padStart(5)} %`;
}
