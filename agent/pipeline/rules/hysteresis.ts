/** What keeps a rule from chattering: n of m frames, and a least gap between events. */

/** A yes or no that changes only when enough frames say so; it begins with no. */
export interface Debounced {
  readonly value: boolean;
  /** Takes one frame into account; returns whether `value` has changed with it. */
  update(isTrue: boolean): boolean;
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
    update(isTrue) {
      recent.push(isTrue !== value);
      if (recent.length > of) recent.shift();
      if (recent.filter(Boolean).length < frames) return false;
      value = !value;
      recent = [];
      return true;
    },
  };
}

/** May an event of this action be reported at this time? A yes is taken as reported. */
export type Gap = (action: string, ptsMs: number) => boolean;

export function createGap(minGapS: number): Gap {
  const reported = new Map<string, number>();
  return (action, ptsMs) => {
    const last = reported.get(action);
    if (last !== undefined && ptsMs - last < minGapS * 1000) return false;
    reported.set(action, ptsMs);
    return true;
  };
}

/** What starts and ends. A start that falls into the gap is reported after it, if it still holds by then. */
export interface Condition {
  update(holds: boolean, ptsMs: number): 'start' | 'end' | undefined;
}

export function createCondition(rule: {
  readonly frames: number;
  readonly of?: number | undefined;
  readonly minGapS: number;
}): Condition {
  const debounced = createDebounce(rule);
  const gap = createGap(rule.minGapS);
  let started = false;
  return {
    update(holds, ptsMs) {
      debounced.update(holds);
      if (debounced.value === started) return undefined;
      if (started) {
        started = false;
        return 'end';
      }
      started = gap('start', ptsMs);
      return started ? 'start' : undefined;
    },
  };
}
