/** Work in small steps, so that ingest and the API go on in between: one step at a time, and none after `stop`. */
import type { Cancel, Clock } from '../../shared/kit/clock.ts';
import type { Logger } from '../../shared/kit/log.ts';

export interface StepsOptions {
  readonly clock: Clock;
  readonly log: Pick<Logger, 'error'>;
  /** The line of the log when a step fails. */
  readonly failed: string;
  /** The first step of a round. */
  readonly round: () => Promise<void>;
  /** From the end of a round, or from a step that failed, to the next round. */
  readonly everyMs: number;
}

/** From one step to the next. */
const PAUSE_MS = 40;

export class Steps {
  readonly #options: StepsOptions;
  #cancel: Cancel = () => undefined;
  #stopped = false;
  #work: Promise<void> | undefined;

  constructor(options: StepsOptions) {
    this.#options = options;
  }

  /** The next round. @param ms until then; without it after `everyMs` */
  nextRound(ms = this.#options.everyMs): void {
    this.#later(ms, this.#options.round);
  }

  /** The next step, after a short pause. */
  next(step: () => Promise<void>): void {
    this.#later(PAUSE_MS, step);
  }

  /** Resolves when the step that runs has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#work;
  }

  #later(ms: number, step: () => Promise<void>): void {
    if (this.#stopped) return;
    const { clock, log, failed } = this.#options;
    this.#cancel = clock.after(ms, () => {
      this.#work = step().catch((error: unknown) => {
        log.error({ err: error }, failed);
        this.nextRound();
      });
    });
  }
}
