/**
 * What follows an event that the hub was asked about shares its sample: who is in a zone by error has not dwelt in it and does not
 * leave it, and a crowd that was none does not end. So a verdict amends a visit as a whole, for one picture.
 */
import type { RuleEvent } from '../stage.ts';

/** Visits that are remembered; the oldest are forgotten. */
const MOST = 1000;
/** Action that goes on or ends ⇒ those that began it, the nearest first. */
const BEGAN: Readonly<Record<string, readonly string[]>> = {
  dwell: ['enter'],
  leave: ['enter', 'dwell'],
  vacant: ['occupied'],
  end: ['start'],
};
const ENDS: ReadonlySet<string> = new Set(['leave', 'vacant', 'end']);

export interface Visits {
  /** @returns the sample that was made for what this event goes on with; undefined: there is none */
  sampleOf(event: RuleEvent): string | undefined;
  asked(event: RuleEvent, sample: string): void;
}

export function createVisits(): Visits {
  const samples = new Map<string, string>();
  const key = ({ rule, track }: RuleEvent, action: string) => `${rule} ${action} ${track ?? ''}`;
  return {
    sampleOf(event) {
      // Of an absence the end says that somebody is there, which a picture shows.
      if (event.ruleKind === 'absence') return undefined;
      const keys = (BEGAN[event.action] ?? []).map((action) => key(event, action));
      const sample = keys.map((one) => samples.get(one)).find((one) => one !== undefined);
      if (ENDS.has(event.action)) for (const one of keys) samples.delete(one);
      return sample;
    },
    asked(event, sample) {
      const own = key(event, event.action);
      samples.delete(own);
      samples.set(own, sample);
      for (const old of [...samples.keys()].slice(0, Math.max(0, samples.size - MOST))) samples.delete(old);
    },
  };
}
