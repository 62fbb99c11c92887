/** Capped exponential backoff with full jitter (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog 2015). */
export interface Backoff {
  /** Milliseconds to wait before the next try. */
  next(): number;
  /** After a success: start from the beginning. */
  reset(): void;
}

/**
 * @param firstMs bound of the first wait
 * @param maxMs cap of every wait
 * @param random uniform in [0, 1)
 */
export function createBackoff(firstMs: number, maxMs: number, random: () => number = Math.random): Backoff {
  let tries = 0;
  return {
    next() {
      const bound = Math.min(maxMs, firstMs * 2 ** Math.min(tries, 30));
      tries++;
      // Half of the bound is kept, so that a restart loop never spins.
      return bound / 2 + (bound / 2) * random();
    },
    reset() {
      tries = 0;
    },
  };
}
