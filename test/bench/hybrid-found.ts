/** Part of `bench hybrid`: what could be had of events that the edge has not told, because its model was not sure enough or saw nothing. */
import type { EventBody } from '../../agent/pipeline/outputs.ts';
import { type Asked, mixed, type Played, play, questionsOf, type Scene } from './hybrid-policies.ts';

/**
 * Events of a lowered threshold that only the hub makes events: below the stream's own threshold they are held until it confirms them,
 * for one picture each, those in most doubt first. Those above stand, and are amended where budget is left.
 */
export function held(asked: Asked, scene: Scene, threshold: number, most: number): Played {
  const doubtful = (event: EventBody) => event.score < threshold;
  const questions = questionsOf(asked, scene)
    .map((one) => ({ ...one, held: one.about.some(doubtful) }))
    .toSorted((a, b) => Number(b.held) - Number(a.held) || b.worth - a.worth || a.frame - b.frame)
    .slice(0, most);
  const withdrawn = new Set(questions.flatMap((one) => one.withdrawn));
  const looked = new Set(questions.flatMap(({ about }) => about));
  return {
    events: asked.events.filter((event) => !withdrawn.has(event) && (!doubtful(event) || looked.has(event))),
    sent: new Set(questions.map(({ frame }) => frame)),
  };
}

/** The frames that a selector wants, worth most first. */
async function chosenBy(scene: Scene, threshold: number, choose: object, most: number): Promise<ReadonlySet<number>> {
  const { samples } = await play(scene.edge, threshold, [choose], 1);
  const ordered = samples.toSorted((a, b) => b.worth - a.worth || a.frame - b.frame);
  return new Set(ordered.slice(0, most).map(({ frame }) => frame));
}

/**
 * The hub plays the stream's rules again over what the edge has seen, with its own objects in the frames that were sent: it needs
 * the boxes of every frame, which devices do not send.
 */
async function playedAgain(scene: Scene, threshold: number, sent: ReadonlySet<number>): Promise<Played> {
  const { events } = await play({ ...scene.edge, frames: mixed(scene, sent) }, threshold);
  return { events, sent };
}

/** The hub plays the rules over the frames that were sent alone, and adds what the edge did not tell within a second. */
async function addedAlone(
  scene: Scene,
  threshold: number,
  sent: ReadonlySet<number>,
  edge: readonly EventBody[],
): Promise<Played> {
  const frames = scene.hub.frames.filter((_, index) => sent.has(index));
  const { events } = await play({ ...scene.hub, frames }, threshold);
  const isTold = (one: EventBody) =>
    edge.some(
      (other) => other.rule === one.rule && other.action === one.action && Math.abs(other.ptsMs - one.ptsMs) <= 1000,
    );
  return { events: [...edge, ...events.filter((one) => !isTold(one))], sent };
}

const KINDS = ['random', 'score', 'margin', 'entropy', 'flicker', 'novelty'] as const;

/** What the frames that each selector wants would bring, if the hub could make events out of them. */
export async function compareSelectors(
  scene: Scene,
  threshold: number,
  most: number,
  edge: readonly EventBody[],
  say: (policy: string, played: Played, group: string) => unknown,
): Promise<void> {
  for (const kind of KINDS) {
    const all = kind === 'random' ? { share: 1 } : { againS: 0 };
    const sent = await chosenBy(scene, threshold, { kind, ...all }, most);
    say(`${kind}: edge played again`, await playedAgain(scene, threshold, sent), 'played again');
    say('  these frames alone', await addedAlone(scene, threshold, sent, edge), 'frames alone');
  }
}
