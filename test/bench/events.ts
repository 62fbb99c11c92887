/** Compares the events of two runs over the same scene. */
import type { EventBody } from '../../agent/pipeline/outputs.ts';

export interface Agreement {
  /** Events of the reference, of the other run, and pairs of both. */
  readonly expected: number;
  readonly got: number;
  readonly paired: number;
}

/** An event that comes this much earlier or later is the same event. */
const TOLERANCE_MS = 1000;

/**
 * Pairs events of the same rule, action and label, each at most once, as many as there can be: in order of time, earliest
 * first, which is optimal for intervals of one length.
 */
export function agreement(expected: readonly EventBody[], got: readonly EventBody[]): Agreement {
  return { expected: expected.length, got: got.length, paired: pairedOf(expected, got).size };
}

/** Those of `got` that have a partner. */
export function pairedOf(expected: readonly EventBody[], got: readonly EventBody[]): ReadonlySet<EventBody> {
  const paired = new Set<EventBody>();
  for (const kind of new Set([...expected, ...got].map(kindOf))) {
    const wanted = ofKind(expected, kind);
    const found = ofKind(got, kind);
    for (let i = 0, j = 0; i < wanted.length && j < found.length; ) {
      const event = found[j];
      const late = (event?.ptsMs ?? 0) - (wanted[i]?.ptsMs ?? 0);
      if (event && Math.abs(late) <= TOLERANCE_MS) {
        paired.add(event);
        i++;
        j++;
      } else if (late < 0) j++;
      else i++;
    }
  }
  return paired;
}

export function sum(parts: readonly Agreement[]): Agreement {
  const total = (key: keyof Agreement) => parts.reduce((all, part) => all + part[key], 0);
  return { expected: total('expected'), got: total('got'), paired: total('paired') };
}

function kindOf({ rule, action, label }: EventBody): string {
  return `${rule} ${action} ${label}`;
}

function ofKind(events: readonly EventBody[], kind: string): EventBody[] {
  return events.filter((event) => kindOf(event) === kind).toSorted((a, b) => (a.ptsMs ?? 0) - (b.ptsMs ?? 0));
}
