/** Transactions that run: nothing goes around one, none lasts too long, and none is used after its end. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { systemClock } from '../../shared/kit/clock.ts';
import { TransactionError, type TransactionLimits } from './database.ts';

type Limits = Pick<TransactionLimits, 'lastMs' | 'isWatched'>;

export class Transactions {
  readonly #lastMs: number;
  readonly #inside: AsyncLocalStorage<Transaction> | undefined;

  constructor({ lastMs, isWatched }: Limits) {
    this.#lastMs = lastMs;
    this.#inside = isWatched ? new AsyncLocalStorage() : undefined;
  }

  /** @throws TransactionError in the code of a transaction that has not ended */
  requireOutside(): void {
    if (this.#inside?.getStore()?.isOpen)
      throw new TransactionError('NESTED', 'inside of a transaction, use what it gives, and begin no other one');
  }

  begin(): Transaction {
    return new Transaction(this.#lastMs, this.#inside);
  }

  /** Once none runs any more. Until then each promise and timer of the process, whosever it is, costs some time to be told apart. */
  close(): void {
    this.#inside?.disable();
  }
}

export class Transaction {
  readonly #inside: AsyncLocalStorage<Transaction> | undefined;
  readonly #tooLong: Promise<never>;
  readonly #cancel: () => void;
  #ended: TransactionError | undefined;

  constructor(lastMs: number, inside: AsyncLocalStorage<Transaction> | undefined) {
    this.#inside = inside;
    const { promise, reject } = rejecting();
    this.#tooLong = promise;
    this.#cancel = systemClock.after(lastMs, () => {
      const text = `a transaction lasted longer than ${lastMs / 1000} s: it was taken back`;
      this.#ended = new TransactionError('LASTED', text);
      reject(this.#ended);
    });
  }

  get isOpen(): boolean {
    return this.#ended === undefined;
  }

  /** For each statement. @throws TransactionError when it has ended */
  requireOpen(): void {
    if (this.#ended) throw this.#ended;
  }

  /** Runs the work; afterwards it has ended. @throws what `work` throws; TransactionError when it lasts too long */
  async within<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await Promise.race([this.#inside ? this.#inside.run(this, work) : work(), this.#tooLong]);
    } finally {
      this.end();
    }
  }

  /** It may be called twice. */
  end(): void {
    this.#ended ??= new TransactionError('ENDED', 'the transaction has ended: await everything that belongs to it');
    this.#cancel();
  }
}

/** A promise that may be rejected before anybody waits for it. */
function rejecting() {
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<never>((_resolve, fail) => {
    reject = fail;
  });
  promise.catch(() => undefined);
  return { promise, reject };
}
