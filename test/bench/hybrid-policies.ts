/** What a stream knows in the end, by policy: through the real walk, tracker, rules, selectors and judge of the hub. */
import type { EventBody, SampleBody } from '../../agent/pipeline/outputs.ts';
import { judge } from '../../cloud-hub/inference/judge.ts';
import { pictureStream } from '../../shared/contract/config/stream.ts';
import { seeded } from '../support/random.ts';
import { agreement, pairedOf } from './events.ts';
import { f1, personsOf } from './hybrid-quality.ts';
import { type RecordedFrame, type Recording, replay } from './replay.ts';
import { streetRules } from './street-rules.ts';

/** What both models have found in one part of the clip. */
export interface Scene {
  readonly edge: Recording;
  readonly hub: Recording;
  readonly truth: readonly EventBody[];
}

export interface Played {
  readonly events: readonly EventBody[];
  /** Frames whose answer the hub gave. */
  readonly sent: ReadonlySet<number>;
}

export interface Asked {
  readonly events: readonly EventBody[];
  readonly samples: readonly (SampleBody & { readonly worth: number })[];
}

/** Score from which on an object of the hub's model confirms one of the edge. */
const CONFIRMS = 0.3;

/**
 * @param choose selectors that ask for pictures; default: none
 * @param most rules to play, each in a stream of its own; default: all
 */
export async function play(
  recording: Recording,
  threshold: number,
  choose: readonly object[] = [],
  most = Number.POSITIVE_INFINITY,
): Promise<Asked> {
  const samples: (SampleBody & { worth: number })[] = [];
  const all: EventBody[] = [];
  for (const rules of Object.values(streetRules).flat().slice(0, most)) {
    const stream = pictureStream.parse({
      source: { url: 'replay', pace: 'fast' },
      model: 'model',
      threshold,
      rules: [...rules],
      summaryS: 3600,
      ...(choose.length > 0 ? { escalate: { choose } } : {}),
    });
    const { events } = await replay(recording, stream, (body, worth) => samples.push({ ...body, worth }));
    all.push(...events);
  }
  return { events: all, samples };
}

/** The samples of a frame, and the events that it would withdraw. */
export interface Question {
  readonly frame: number;
  readonly worth: number;
  readonly withdrawn: readonly EventBody[];
  readonly about: readonly EventBody[];
}

export function questionsOf({ events, samples }: Asked, { hub }: Scene): Question[] {
  return [...new Set(samples.map(({ frame }) => frame))].map((frame) => {
    const own = samples.filter((sample) => sample.frame === frame);
    const seen = hub.frames[frame] ? personsOf(hub.frames[frame], CONFIRMS) : [];
    const bad = new Set(
      own.filter((sample) => judge({ ...sample, wall: 0 }, seen).outcome === 'withdrawn').map(({ id }) => id),
    );
    const ids = new Set(own.map(({ id }) => id));
    return {
      frame,
      worth: Math.max(...own.map(({ worth }) => worth)),
      withdrawn: events.filter(({ sample }) => sample !== undefined && bad.has(sample)),
      about: events.filter(({ sample }) => sample !== undefined && ids.has(sample)),
    };
  });
}

const without = (events: readonly EventBody[], gone: readonly EventBody[]) => {
  const left = new Set(gone);
  return events.filter((event) => !left.has(event));
};

/** The hub is asked about those that the selectors hold for worth most; the others stand as the edge said. */
export function amended(asked: Asked, scene: Scene, most: number): Played {
  const questions = questionsOf(asked, scene).toSorted((a, b) => b.worth - a.worth || a.frame - b.frame);
  const chosen = questions.slice(0, most);
  return {
    events: without(
      asked.events,
      chosen.flatMap(({ withdrawn }) => withdrawn),
    ),
    sent: new Set(chosen.map(({ frame }) => frame)),
  };
}

/**
 * The best choice of pictures, by who knows the truth: one after another, each time the one that helps most.
 * @param verdicts `real`: the hub's; `perfect`: each false event that it is asked about is withdrawn, and no true one
 */
export function oracle(asked: Asked, scene: Scene, most: number, verdicts: 'real' | 'perfect'): Played {
  const right = pairedOf(scene.truth, asked.events);
  const quality = (events: readonly EventBody[]) => f1(agreement(scene.truth, events));
  let open = questionsOf(asked, scene).map(({ frame, withdrawn, about }) => ({
    frame,
    gone: verdicts === 'perfect' ? about.filter((event) => !right.has(event)) : withdrawn,
  }));
  let events = asked.events;
  const sent = new Set<number>();
  while (sent.size < most) {
    const now = quality(events);
    const [best] = open
      .filter(({ gone }) => gone.length > 0)
      .map((one) => ({ ...one, gain: quality(without(events, one.gone)) - now }))
      .toSorted((a, b) => b.gain - a.gain);
    if (!best || best.gain <= 0) break;
    events = without(events, best.gone);
    sent.add(best.frame);
    open = open.filter(({ frame }) => frame !== best.frame);
  }
  return { events, sent };
}

/** Frames by chance: the tracker and the rules of the edge get the hub's objects there, which no product does in time. */
export async function random(scene: Scene, threshold: number, share: number, seed: number): Promise<Played> {
  const { edge } = scene;
  const draw = seeded(seed);
  const order = [...edge.frames.keys()].map((frame) => [draw(), frame] as const).toSorted(([a], [b]) => a - b);
  const sent = new Set(order.slice(0, Math.round(share * order.length)).map(([, frame]) => frame));
  const { events } = await play({ ...edge, frames: mixed(scene, sent) }, threshold);
  return { events, sent };
}

/** The edge's objects, and the hub's in the frames that were sent. */
export function mixed({ edge, hub }: Scene, sent: ReadonlySet<number>): RecordedFrame[] {
  return edge.frames.map((frame, index) =>
    sent.has(index) ? { ...frame, outcome: hub.frames[index]?.outcome ?? frame.outcome } : frame,
  );
}
