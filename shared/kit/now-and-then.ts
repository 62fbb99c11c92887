/** Telling of something frequent without flooding: at once the first time, then summed up, at most once in a period. */
import type { Clock } from './clock.ts';

/**
 * @param ms the period in milliseconds
 * @param tell is given the sum of the amounts since it was called last
 * @returns adds an amount; nothing that was added is forgotten
 */
export function nowAndThen(clock: Clock, ms: number, tell: (sum: number) => void): (amount: number) => void {
  let sum = 0;
  let quiet = false;
  const speak = () => {
    quiet = sum > 0;
    if (!quiet) return;
    const told = sum;
    sum = 0;
    clock.after(ms, speak);
    tell(told);
  };
  return (amount) => {
    sum += amount;
    if (!quiet) speak();
  };
}
