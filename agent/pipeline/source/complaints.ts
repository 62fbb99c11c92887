/** Of many complaints of one sort, the first at once and the others in numbers. */
export interface Complaints {
  add(message: string): void;
  /** Tells those that were only counted so far. */
  flush(): void;
}

const AT_ONCE = 50;

export function createComplaints(tell: (message: string, count: number) => void): Complaints {
  let first = true;
  let untold = 0;
  let last = '';
  const flush = () => {
    if (untold > 0) tell(last, untold);
    untold = 0;
  };
  return {
    add(message) {
      last = message;
      untold++;
      if (first || untold >= AT_ONCE) flush();
      first = false;
    },
    flush,
  };
}
