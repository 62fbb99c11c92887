import { useState } from 'preact/hooks';

export interface Act {
  readonly isBusy: boolean;
  /** Why the last try did not work. */
  readonly failure: string | undefined;
  /** Does the work, one at a time; `then` only when it worked. */
  run<T>(work: () => Promise<T>, then: (result: T) => void): void;
}

/** Something that a press of a button asks of the hub. */
export function useAct(): Act {
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string>();
  return {
    isBusy,
    failure,
    run(work, then) {
      if (isBusy) return;
      setBusy(true);
      setFailure(undefined);
      work()
        .then(then)
        .catch((error: unknown) => setFailure(error instanceof Error ? error.message : String(error)))
        .finally(() => setBusy(false));
    },
  };
}
