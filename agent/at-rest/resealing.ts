/** Sees to it that the outbox of a running agent is wholly under the newest key: tries until it is, and says so. */
import type { Clock } from '../../shared/kit/clock.ts';
import type { Part } from '../../shared/kit/lifecycle.ts';
import type { Logger } from '../../shared/kit/log.ts';

const AGAIN_MS = 60_000;

export interface ResealingOptions {
  /** @returns whether there was anything to do @throws what hinders it */
  reseal(): Promise<boolean>;
  /** Id of the newest key; undefined: back to plain text. */
  readonly keyId: string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

export function createResealing({ reseal, keyId, clock, log }: ResealingOptions): Part {
  const stopped = new AbortController();
  let running: Promise<void> = Promise.resolve();

  const untilDone = async () => {
    for (;;) {
      try {
        if (!(await reseal())) return;
        if (keyId === undefined)
          log.warn('the outbox is in plain text from now on: no key is configured to encrypt with');
        else
          log.info({ key: keyId }, 'all of the outbox is encrypted with this key; older ones are not needed any more');
        return;
      } catch (error) {
        if (stopped.signal.aborted) return;
        log.warn({ err: error }, 'the outbox could not be encrypted anew as a whole yet; it is tried again');
      }
      await clock.sleep(AGAIN_MS, stopped.signal).catch(() => undefined);
      if (stopped.signal.aborted) return;
    }
  };

  return {
    async start() {
      running = untilDone();
    },
    async stop() {
      stopped.abort();
      await running;
    },
  };
}
