/**
 * Group commit: records wait some milliseconds for each other and share one disk flush. While the disk takes nothing they
 * wait in bounded memory, and the commit is tried again with backoff. What does not fit into memory is dropped and counted.
 *
 * Commits are synchronous: no other code runs between a decision and its commit.
 */

import { channels } from '../../shared/contract/channels.ts';
import type { RecordBody } from '../../shared/contract/messages/record.ts';
import { createBackoff } from '../../shared/kit/backoff.ts';
import type { Cancel, Clock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { Logger } from '../../shared/kit/log.ts';
import { entryOf } from './file/entry.ts';
import type { Entry } from './file/format.ts';
import type { OutboxFile } from './file/outbox-file.ts';
import { isDamage } from './file/recover.ts';
import type { FileTransaction } from './file/transaction.ts';
import type { FileHolder } from './file-holder.ts';
import { type Fate, Queue } from './queue.ts';
import type { DiskSpace } from './space/disk-space.ts';
import type { LossWriter } from './space/losses.ts';

export interface WriterOptions {
  readonly holder: FileHolder;
  readonly losses: LossWriter;
  readonly space: DiskSpace;
  readonly groupMs: number;
  /** What may wait in memory while the disk takes nothing. */
  readonly memory: { readonly records: number; readonly bytes: number };
  readonly onCommit: () => void;
  readonly clock: Clock;
  readonly log: Logger;
}

const GROUP_RECORDS = 256;
const COMMIT_RECORDS = 4096;
/** A larger record could never be sent. */
const MAX_RECORD_BYTES = channels.records.maxBytes - 1024;

export class Writer {
  readonly #options: WriterOptions;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #holder: FileHolder;
  readonly #queue: Queue;
  readonly #backoff = createBackoff(250, 10_000);
  /** Records that were dropped before they had a number, by reason, until a loss record counts them. */
  readonly #unnumbered = new Map<string, number>();
  #blocked: string | undefined;
  #cancelTimer: Cancel | undefined;
  #committedAt = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#holder = options.holder;
    this.#queue = new Queue(options.memory.records, options.memory.bytes);
  }

  /** Why the disk takes nothing, while it does not. */
  get blocked(): string | undefined {
    return this.#blocked;
  }

  /** Records that wait in memory. */
  get waiting(): number {
    return this.#queue.records;
  }

  /**
   * Keeps records, in order. Many records in one call are committed in several transactions.
   * @returns what became of them, once it is known; never rejects
   */
  append(bodies: RecordBody | readonly RecordBody[]): Promise<Fate> {
    const entries: Entry[] = [];
    let refused = 0;
    for (const body of Array.isArray(bodies) ? bodies : [bodies]) {
      const entry = this.#entryOf(body);
      if (entry) entries.push(entry);
      else refused++;
    }
    if (refused > 0) this.#countLost('unfit', refused);
    if (this.#closed) return Promise.resolve('given-up');
    const fate = entries.length > 0 ? this.#queue.add(entries) : Promise.resolve<Fate>('committed');
    if (this.#blocked === undefined) this.#schedule();
    else this.#countLost('disk', this.#queue.trim());
    return refused > 0 ? fate.then(() => 'given-up') : fate;
  }

  /** Commits what waits, if the disk lets it. */
  close(): void {
    this.flush();
    this.#closed = true;
    this.#cancelTimer?.();
    const lost = this.#queue.clear();
    if (lost > 0) this.#log.error({ records: lost }, `records were lost: the disk took nothing (${this.#blocked})`);
  }

  #schedule(): void {
    const due = this.#committedAt + this.#options.groupMs - this.#clock.mono();
    if (due <= 0 || this.#queue.records >= GROUP_RECORDS) this.flush();
    else this.#cancelTimer ??= this.#clock.after(due, () => this.flush());
  }

  /** Commits everything that waits, acknowledgements too, or plans to try again. */
  flush(): void {
    if (this.#closed) return;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    let error = this.#commitAll();
    // After damage there is a new file: try once more at once.
    if (error && isDamage(error)) error = this.#commitAll();
    if (error) {
      this.#hold(error);
      return;
    }
    this.#release();
    this.#keepWithinBound();
    this.#options.onCommit();
  }

  #keepWithinBound(): void {
    const kept = this.#holder.keepWithinBound();
    if (kept.error) this.#log.warn({ err: kept.error }, 'the outbox could not be brought below its quota');
  }

  #commitAll(): Error | undefined {
    const report = this.#holder.takeReport();
    if (report.length > 0) void this.#queue.add(report);
    const settled = this.#holder.settle();
    if (settled.error) return settled.error;
    while (this.#queue.records > 0 || this.#unnumbered.size > 0) {
      const outcome = this.#holder.use((file) => this.#commitHead(file));
      if (outcome.error) return outcome.error;
      this.#unnumbered.clear();
      this.#queue.committed(outcome.value);
      this.#committedAt = this.#clock.mono();
      if (this.#queue.records > 0) this.#keepWithinBound();
    }
    return undefined;
  }

  /** Commits the oldest records, as many as one commit may have now; returns how many. */
  #commitHead(file: OutboxFile): number {
    const { space, losses } = this.#options;
    const head = this.#queue.head(COMMIT_RECORDS, space.sizes.commitBytes);
    space.check(head.reduce((sum, entry) => sum + entry.bytes, 0));
    losses.within(() =>
      file.change((transaction) => {
        transaction.insert(head);
        this.#insertLosses(transaction);
      }),
    );
    return head.length;
  }

  #insertLosses(transaction: FileTransaction): void {
    const { losses } = this.#options;
    for (const [reason, lost] of this.#unnumbered) {
      transaction.insert([losses.entry({ epoch: transaction.draft.epoch, from: 0, to: 0, lost, reason })]);
      transaction.draft.givenUp += lost;
      if (reason === 'disk') {
        losses.reportFull(
          transaction,
          `the disk took no records (${this.#blocked}): ${lost} were given up; make room there`,
        );
      }
    }
  }

  #hold(error: Error): void {
    if (this.#blocked === undefined) this.#log.error({ err: error }, 'the disk takes no records: they wait in memory');
    this.#blocked = messageOf(error);
    this.#countLost('disk', this.#queue.trim());
    this.#cancelTimer = this.#clock.after(this.#backoff.next(), () => this.flush());
  }

  #release(): void {
    if (this.#blocked === undefined) return;
    this.#log.warn('the disk takes records again');
    this.#blocked = undefined;
    this.#backoff.reset();
  }

  #countLost(reason: string, records: number): void {
    if (records > 0) this.#unnumbered.set(reason, (this.#unnumbered.get(reason) ?? 0) + records);
  }

  #entryOf(body: RecordBody): Entry | undefined {
    try {
      const entry = entryOf(body);
      if (entry.bytes <= MAX_RECORD_BYTES) return entry;
      this.#log.error(
        { kind: body.kind, bytes: entry.bytes },
        `a record larger than ${MAX_RECORD_BYTES} bytes was dropped`,
      );
    } catch (error) {
      this.#log.error({ kind: body.kind, err: error }, 'a record that is not JSON was dropped');
    }
    return undefined;
  }
}
