/**
 * Keeps Vitest's worker thread from one mutant to the next. Vitest 4 ends it after each run, so each mutant loaded all modules again,
 * which took longer than the tests that notice most mutants.
 *
 * 1. A thread plays one run at a time.
 * 2. A thread whose run did not end in order (a test that hangs, a crash, tests that ran out of time) is ended, and never used again.
 * 3. No mutant is active while modules load: `no-mutant.ts`.
 */
import { type PoolOptions, type PoolRunnerInitializer, type PoolWorker, ThreadsPoolWorker } from 'vitest/node';

type Message = Parameters<PoolWorker['send']>[0];
type Listener = (arg: unknown) => void;

export class KeptWorkers implements PoolRunnerInitializer {
  readonly name = 'kept';
  readonly #make: (options: PoolOptions) => PoolWorker;
  #spare: Thread | undefined;

  constructor(make: (options: PoolOptions) => PoolWorker = (options) => new ThreadsPoolWorker(options)) {
    this.#make = make;
  }

  createPoolWorker(options: PoolOptions): PoolWorker {
    const thread = this.#spare ?? new Thread(this.#make(options));
    this.#spare = undefined;
    return new KeptWorker(thread, async () => {
      if (this.#spare !== undefined || thread.dead) return thread.end();
      this.#spare = thread;
    });
  }

  /** Ends the thread that waits for the next run. */
  async end(): Promise<void> {
    const spare = this.#spare;
    this.#spare = undefined;
    await spare?.end();
  }
}

/** A real worker, which several runs share. */
class Thread {
  readonly worker: PoolWorker;
  #started = false;
  dead = false;

  constructor(worker: PoolWorker) {
    this.worker = worker;
  }

  async start(): Promise<void> {
    if (this.#started) return;
    this.#started = true;
    await this.worker.start();
    this.worker.on('exit', () => {
      this.dead = true;
    });
  }

  async end(): Promise<void> {
    if (this.#started && !this.dead) await this.worker.stop();
    this.dead = true;
  }
}

/** What one run of Vitest sees of a thread. */
class KeptWorker implements PoolWorker {
  readonly name = 'kept';
  readonly #thread: Thread;
  readonly #keep: () => Promise<void>;
  #listeners: (readonly [string, Listener])[] = [];
  #inOrder = false;

  constructor(thread: Thread, keep: () => Promise<void>) {
    this.#thread = thread;
    this.#keep = keep;
  }

  on(event: string, listener: Listener): void {
    this.#listeners.push([event, listener]);
    this.#thread.worker.on(event, listener);
  }

  off(event: string, listener: Listener): void {
    this.#listeners = this.#listeners.filter(([e, l]) => e !== event || l !== listener);
    this.#thread.worker.off(event, listener);
  }

  send(message: Message): void {
    if (message.type !== 'stop') {
      this.#thread.worker.send(message);
      return;
    }
    // The thread does not hear that the run is over: it would take no other.
    this.#inOrder = true;
    const stopped = { type: 'stopped', __vitest_worker_response__: true };
    for (const [event, listener] of [...this.#listeners]) if (event === 'message') listener(stopped);
  }

  deserialize(data: unknown): unknown {
    return this.#thread.worker.deserialize(data);
  }

  async start(): Promise<void> {
    await this.#thread.start();
  }

  async stop(): Promise<void> {
    for (const [event, listener] of this.#listeners) this.#thread.worker.off(event, listener);
    this.#listeners = [];
    if (this.#inOrder) await this.#keep();
    else await this.#thread.end();
  }
}
