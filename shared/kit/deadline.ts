/** Waiting for something, but not for ever. */
import type { Clock } from './clock.ts';

/**
 * Settles as `promise` does or, when that takes longer than `ms`, with what `late` returns or throws. The promise itself goes
 * on; its later result, or failure, is ignored.
 * @param ms milliseconds
 */
export function inTime<T, Late>(
  clock: Pick<Clock, 'after'>,
  ms: number,
  promise: PromiseLike<T>,
  late: () => Late,
): Promise<T | Late> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => {
      try {
        resolve(late());
      } catch (error) {
        reject(error);
      }
    });
    promise.then(
      (value) => {
        cancel();
        resolve(value);
      },
      (error: unknown) => {
        cancel();
        reject(error);
      },
    );
  });
}
