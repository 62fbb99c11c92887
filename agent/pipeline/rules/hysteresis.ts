/** What keeps a rule from chattering: n of m frames, and a least gap between events. */

/** A yes or no that changes only when enough frames say so; it begins with no. */
export interface Debounced {
  readonly value: boolean;
  /** Hears one frame; returns whether `value` has changed with it. */
  hear(says: boolean): boolean;
}

/** `value` changes when `frames` of the last `of` frames since its last change say the opposite. */
export function createDebounce({
  frames,
  of = frames,
}: {
  readonly frames: number;
  readonly of?: number | undefined;
}): Debounced {
  let value = false;
  let recent: boolean[] = [];
  return {
    get value() {
      return value;
    },
    hear(says) {
      recent.push(says !== value);
      if (recent.length > of) recent.shift();
      if (recent.filter(Boolean).length < frames) return false;
      value = !value;
      recent = [];
      return true;
    },
  };
}

/** Says whether an event of this action may be told at this time; a yes is taken as told. */
export type Gap = (action: string, ptsMs: number) => boolean;

export function createGap(minGapS: number): Gap {
  const told = new Map<string, number>();
  return (action, ptsMs) => {
    const last = told.get(action);
    if (last !== undefined && ptsMs - last < minGapS * 1000) return false;
    told.set(action, ptsMs);
    return true;
  };
}

/** What starts and ends. A start that falls into the gap is told after it, if it still holds by then. */
export interface Condition {
  hear(holds: boolean, ptsMs: number): 'start' | 'end' | undefined;
}

export function createCondition(rule: {
  readonly frames: number;
  readonly of?: number | undefined;
  readonly minGapS: number;
}): Condition {
  const debounced = createDebounce(rule);
  const gap = createGap(rule.minGapS);
  let told = false;
  return {
    hear(holds, ptsMs) {
      debounced.hear(holds);
      if (debounced.value === told) return undefined;
      if (told) {
        told = false;
        return 'end';
      }
      told = gap('start', ptsMs);
      return told ? 'start' : undefined;
    },
  };
}
