/** The lines of this agent's log, for whoever ships them. Those of the start wait until somebody listens. */

/** More of the first lines are not kept. */
const MOST_EARLY = 200;

export interface LogTap {
  /** Is given each line as it was written. */
  write(line: string): void;
  /** One listener; it hears the lines of the start too. */
  listen(listener: (line: string) => void): void;
}

export function createLogTap(): LogTap {
  let listener: ((line: string) => void) | undefined;
  let early: string[] = [];
  return {
    write(line) {
      if (listener) listener(line);
      else if (early.length < MOST_EARLY) early.push(line);
    },
    listen(next) {
      listener = next;
      for (const line of early) next(line);
      early = [];
    },
  };
}
