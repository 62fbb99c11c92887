import { type ReadonlySignal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { useServices } from '../services.ts';

export interface Reading<T> {
  /** The newest answer; it stays while a later reading fails. */
  readonly answer?: T;
  /** Why the last reading failed. */
  readonly reason?: string;
}

export interface Read<T> {
  readonly state: ReadonlySignal<Reading<T>>;
  /** Reads at once. */
  again(): void;
}

/**
 * Something that the feed does not tell of: read when its component comes, then each so often while the page is looked at.
 * @param key another one reads anew
 */
export function useRead<T>(read: (signal: AbortSignal) => Promise<T>, key: string, everyMs: number): Read<T> {
  const { clock, isVisible } = useServices();
  const state = useSignal<Reading<T>>({});
  const attempt = useSignal(0);
  const tried = attempt.value;
  useEffect(() => {
    const abort = new AbortController();
    let isReading = false;
    const look = async () => {
      // A slow answer must not come after a newer one.
      if (isReading) return;
      isReading = true;
      try {
        const answer = await read(abort.signal);
        if (!abort.signal.aborted) state.value = { answer };
      } catch (error) {
        if (abort.signal.aborted) return;
        state.value = { ...state.value, reason: error instanceof Error ? error.message : String(error) };
      } finally {
        isReading = false;
      }
    };
    void look();
    const cancel = clock.every(everyMs, () => {
      if (isVisible.value) void look();
    });
    return () => {
      cancel();
      abort.abort();
    };
    // `read` is another function at each drawing; what it reads is named by `key`.
  }, [clock, isVisible, state, key, everyMs, tried]);
  return { state, again: () => void attempt.value++ };
}
