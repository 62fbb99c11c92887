/**
 * `bench hybrid`: how much of the hub model's answer on every frame a stream gets back for a few frames sent. The edge's and the hub's
 * model are run once over the clip; then the real walk, tracker, rules, selectors and judge play each policy. The order in which doubts
 * are sent was chosen on the first half of the clip; the table is of the second.
 */

import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Bench } from './bench.ts';
import { picturesOf } from './clip-pictures.ts';
import { agreement } from './events.ts';
import { compareSelectors, held } from './hybrid-found.ts';
import { batchRates, hubRates } from './hybrid-hub.ts';
import { latencies } from './hybrid-latency.ts';
import { comparePictures } from './hybrid-pictures.ts';
import { type Point, plotOf } from './hybrid-plot.ts';
import { amended, mixed, oracle, type Played, play, random, type Scene } from './hybrid-policies.ts';
import { boxesF1, f1, tracksF1 } from './hybrid-quality.ts';
import { assetsFolder, streetClip } from './material.ts';
import { type Recording, record } from './replay.ts';

const SIDE = 640;
/** Score from which on an object counts, of both models. */
const THRESHOLD = 0.45;
const LOWERED = [0.35, 0.3];
const SHARES = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5];
const SEEDS = [1, 2, 3, 4, 5];
const PLOT = 'hybrid.svg';
const EVENTS = [{ kind: 'event' }];
/** At which share selectors, and events that wait for the hub, are compared. */
const FEW = 0.05;

export const hybrid: Bench = {
  summary:
    "quality over frames and bytes sent to the hub's bigger model: edge only, hub only, random, every alarm, ours, the best choice",
  async run(print) {
    const [small, large] = ['light-person-192', 'yolox-nano-640'].map((name) =>
      path.join(assetsFolder(), 'models', name),
    );
    if (!small || !large || !existsSync(small)) return print(`skipped: it needs two models in ${assetsFolder()}`);
    const clip = await streetClip(print);
    const [edge, hub, bytes] = [await record(small, clip), await record(large, clip), await pictureBytes(clip)];
    const half = Math.floor(edge.frames.length / 2);
    const first = await sceneOf(edge, hub, 0, half);
    const second = await sceneOf(edge, hub, half, edge.frames.length);
    const sizes = bytes.slice(half);
    const eventsF1 = ({ events }: Pick<Played, 'events'>, { truth }: Scene) => f1(agreement(truth, events));

    print(
      `${edge.frames.length} frames; of the second half, ${second.edge.frames.length} frames with ${second.truth.length} events of the hub's model:`,
    );
    print('policy                       frames     kB   events  found  right   tracks   frames');
    const points: Point[] = [];
    const say = (policy: string, played: Played, group: string) => {
      const found = agreement(second.truth, played.events);
      const frames = mixed(second, played.sent);
      const point: Point = {
        group,
        share: played.sent.size / second.edge.frames.length,
        kB: [...played.sent].reduce((all, frame) => all + (sizes[frame] ?? 0), 0) / 1000,
        events: f1(found),
        tracks: tracksF1(second.hub.frames, frames, THRESHOLD),
        frames: boxesF1(second.hub.frames, frames, THRESHOLD),
      };
      points.push(point);
      const [expected, got] = [found.paired / found.expected, found.paired / Math.max(1, found.got)];
      print(
        `${policy.padEnd(26)} ${percent(point.share)} ${point.kB.toFixed(0).padStart(6)}  ${[point.events, expected, got].map(percent).join('')}  ${percent(point.tracks)}  ${percent(point.frames)}`,
      );
      return point;
    };

    const nothing = new Set<number>();
    const only = say('edge only', { ...(await play(second.edge, THRESHOLD)), sent: nothing }, 'edge only');
    for (const share of SHARES) {
      const tries: Played[] = [];
      for (const seed of SEEDS) tries.push(await random(second, THRESHOLD, share, seed));
      // The middle one of several draws, by its events.
      tries.sort((a, b) => eventsF1(a, second) - eventsF1(b, second));
      const middle = tries[Math.floor(tries.length / 2)];
      if (middle) say(`random frames ${percent(share).trim()}`, middle, 'random frames');
    }
    const asked = await play(second.edge, THRESHOLD, EVENTS);
    say('every alarm', amended(asked, second, Number.POSITIVE_INFINITY), 'every alarm');

    for (const share of SHARES) {
      const most = Math.round(share * second.edge.frames.length);
      say(`ours, at most ${percent(share).trim()}`, amended(asked, second, most), 'ours');
      say('  the best choice', oracle(asked, second, most, 'real'), 'best choice');
      say('  and verdicts never wrong', oracle(asked, second, most, 'perfect'), 'best choice and verdicts');
    }
    const few = Math.round(FEW * second.edge.frames.length);
    for (const threshold of LOWERED) {
      const events = held(await play(second.edge, threshold, EVENTS), second, THRESHOLD, few);
      say(`held from ${threshold}, ${percent(FEW).trim()}`, events, 'held until confirmed');
    }
    await compareSelectors(second, THRESHOLD, few, asked.events, say);
    for (const threshold of LOWERED) {
      const lowered = async (scene: Scene) => {
        const all = amended(await play(scene.edge, threshold, EVENTS), scene, Number.POSITIVE_INFINITY);
        return percent(eventsF1(all, scene)).trim();
      };
      print(
        `threshold of the edge lowered to ${threshold}, every alarm: events ${await lowered(second)}; first half ${await lowered(first)}`,
      );
    }
    const halfOf = second.hub.frames.filter((_, index) => index % 2 === 0);
    const sparse = await play({ ...second.hub, frames: halfOf }, THRESHOLD);
    const all = new Set(second.edge.frames.keys());
    print(
      `hub's model on every second frame: events ${percent(eventsF1(sparse, second)).trim()}, which is what the reference is worth`,
    );
    say('hub only', { events: second.truth, sent: all }, 'hub only');

    const gains = (group: string) =>
      points.filter((point) => point.group === group && point.share <= 0.051).map(({ events }) => events - only.events);
    const gained = (group: string) => percent(Math.max(0, ...gains(group)) / (1 - only.events)).trim();
    print(
      `of the hub's gain in events at 5 % of the frames (target 95 %): ours ${gained('ours')}, the best choice of pictures ${gained('best choice')}, the best one if verdicts were never wrong ${gained('best choice and verdicts')}`,
    );
    writeFileSync(PLOT, plotOf(points));
    print(
      `F1 against the hub's model on every frame: events within a second, tracks and boxes at IoU 0.5. Plot: ${PLOT}`,
    );
    print('pictures of the first half, by which the default was chosen:');
    await comparePictures(large, clip, first, await play(first.edge, THRESHOLD, EVENTS), 0, print);
    print('pictures of the second half:');
    await comparePictures(large, clip, second, asked, half, print);
    await hubRates(large, clip, print);
    await batchRates(large, clip, print);
    await latencies(small, clip, print);
  },
};

/** Frames count from 0 in each part, and so does its time. */
async function sceneOf(edge: Recording, hub: Recording, from: number, to: number): Promise<Scene> {
  const part = (whole: Recording): Recording => {
    const frames = whole.frames.slice(from, to);
    const since = frames[0]?.ptsMs ?? 0;
    return { ...whole, frames: frames.map((frame) => ({ ...frame, ptsMs: frame.ptsMs - since })) };
  };
  const [small, large] = [part(edge), part(hub)];
  return { edge: small, hub: large, truth: (await play(large, THRESHOLD)).events };
}

/** Bytes of each frame as it is sent. */
async function pictureBytes(clip: string): Promise<number[]> {
  const all: number[] = [];
  for await (const picture of picturesOf(clip, SIDE)) all.push(picture.length);
  return all;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1).padStart(5)} %`;
}
