/** What of a frame the hub is asked about: each event that is wanted, or the frame as a whole. */
import type { StreamEscalation } from '../../../shared/contract/config/escalate.ts';
import { thresholdFor } from '../../../shared/contract/thresholds.ts';
import type { Chance, RuleEvent } from '../stage.ts';
import { noMemory, type SelectorMemory } from './memory.ts';
import { createFrameSelector } from './registry.ts';

export interface Chosen {
  /** Index of the event that it is about; undefined: the frame. */
  readonly event?: number;
  /** Kinds of the selectors that chose it. */
  readonly by: readonly string[];
  /** 0 to 1: whose budget is short, sends what is worth most. */
  readonly worth: number;
}

/** Actions of rules that say that objects are there no more. */
const GONE: ReadonlySet<string> = new Set(['leave', 'vacant', 'end']);

const NONE: ReadonlySet<number> = new Set();

export interface Chooser {
  /**
   * @param chance undefined: no model saw the frame
   * @param answered indices of events that have a sample already
   */
  choose(chance: Chance | undefined, events: readonly RuleEvent[], answered?: ReadonlySet<number>): Chosen[];
}

/** @param random 0 to 1 @param memory of the stream; the first that remembers has it */
export function createChooser(
  { choose }: StreamEscalation,
  random: () => number,
  memory: SelectorMemory = noMemory,
): Chooser {
  const first = choose.find(({ kind }) => kind === 'novelty');
  const ofEvents = choose.filter((selector) => selector.kind === 'event');
  const ofFrames = choose.flatMap((config) =>
    config.kind === 'event'
      ? []
      : [{ kind: config.kind, selector: createFrameSelector(config, random, config === first ? memory : noMemory) }],
  );
  /** Of what has gone a picture shows nothing that would confirm it; nor of an event without an object and a count. */
  const isWanted = ({ rule, ruleKind, action, box, count }: RuleEvent) =>
    (box !== undefined || count !== undefined) &&
    (ruleKind === 'absence' || !GONE.has(action)) &&
    ofEvents.some(({ rules }) => rules === undefined || rules.includes(rule));
  /** The closer the score lies to the threshold the more: a budget that is short goes to what is in doubt. */
  const worthOf = ({ box, label, score }: RuleEvent, chance: Chance | undefined) =>
    chance && box ? 1 - Math.min(1, Math.abs(score - thresholdFor(chance, label))) / 2 : 1;
  return {
    choose(chance, events, answered = NONE) {
      const found = events.flatMap((event, index): Chosen[] =>
        isWanted(event) && !answered.has(index) ? [{ event: index, by: ['event'], worth: worthOf(event, chance) }] : [],
      );
      if (!chance) return found;
      // Each is asked, so that each counts its own share.
      const wants = ofFrames.flatMap(({ kind, selector }) => {
        const worth = selector.worth(chance);
        return worth === undefined ? [] : [{ kind, worth }];
      });
      if (wants.length === 0) return found;
      const by = wants.map(({ kind }) => kind);
      const [first, ...others] = found;
      // One picture is enough; it says by whom it was wanted.
      if (first) {
        const worth = Math.max(first.worth, ...wants.map((one) => one.worth));
        return [{ ...first, by: [...first.by, ...by], worth }, ...others];
      }
      return [{ by, worth: Math.max(...wants.map(({ worth }) => worth)) }];
    },
  };
}
