/** Work that must run one after the other: the first that asks is the first that runs. */
import { systemClock } from '../../shared/kit/clock.ts';
import { TransactionError } from './database.ts';

interface Waiting {
  begin(): void;
}

export class Turns {
  readonly #waiting = new Set<Waiting>();
  readonly #idle: (() => void)[] = [];
  readonly #waitMs: number;
  #isBusy = false;
  #isClosed = false;

  /** @param waitMs work that has not begun after so many milliseconds is an error */
  constructor(waitMs: number) {
    this.#waitMs = waitMs;
  }

  /** @throws TransactionError when it did not begin in time, or was asked for after `close` */
  async take<T>(work: () => T | Promise<T>): Promise<T> {
    if (this.#isClosed) throw new TransactionError('CLOSED', 'the database is closed: the hub stops');
    if (this.#isBusy) await this.#wait();
    this.#isBusy = true;
    try {
      return await work();
    } finally {
      this.#next();
    }
  }

  /** Resolves when nothing runs or waits any more; what asks later is refused. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#isBusy) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #wait(): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        begin: () => {
          cancel();
          resolve();
        },
      };
      const cancel = systemClock.after(this.#waitMs, () => {
        this.#waiting.delete(waiting);
        const seconds = this.#waitMs / 1000;
        reject(
          new TransactionError('WAITED', `the database was busy for ${seconds} s: nothing was written, try again`),
        );
      });
      this.#waiting.add(waiting);
    });
  }

  /** Gives the turn on: it stays taken until nobody waits. */
  #next(): void {
    const [first] = this.#waiting;
    if (first) {
      this.#waiting.delete(first);
      first.begin();
      return;
    }
    this.#isBusy = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
