/**
 * Ingest turns messages into committed rows. Messages wait in a fair bounded queue; a group of them goes through the steps
 * and shares one transaction. What a device costs counts against its turns.
 *
 * Invariants:
 * 1. An ack leaves only after the commit of what it acknowledges.
 * 2. Messages of one device are handled in the order of their arrival. A long batch is handled in parts, each settled alone;
 *    only the last one is acknowledged, and it is not when one of them could not be committed.
 * 3. No message is retried for ever. When the transaction of a group fails, each message is tried alone; one that fails alone
 *    goes into the quarantine. When the database itself fails (disk full, I/O error), nothing is acknowledged.
 *
 * Crash behaviour: what was not committed was not acknowledged; devices resend it.
 */
import type { UpChannel } from '../../shared/contract/channels.ts';
import { unpackedSize } from '../../shared/contract/codec.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { Logger } from '../../shared/kit/log.ts';
import { type Commit, committing } from './commit.ts';
import type { Message } from './message.ts';
import { FairQueue } from './queue.ts';
import type { AfterStep, CheckStep, Step, StepTools } from './step.ts';
import { admit, steps as allSteps, shareRefusals } from './steps.ts';

/** Limits of a group: large enough to share one flush of the disk, small enough not to block the event loop for long. */
const GROUP_MESSAGES = 64;
const GROUP_BYTES = 64 * 1024;
const GROUP_RECORDS = 512;
/**
 * No more messages, and no more records of a part, after so many milliseconds of checks; committing what was checked takes
 * about as long again.
 */
const GROUP_CHECK_MS = 8;
/** How long a message waits at most for others to share its commit. */
const GROUP_MS = 5;

/** A failure that repeats with each message is logged once per so many milliseconds. */
const LOG_EVERY_MS = 10_000;

export interface IngestOptions extends StepTools {
  readonly clock: Clock;
  readonly log: Logger;
  readonly queue?: FairQueue<Message>;
  /** A group is full after so many milliseconds of checks. */
  readonly groupMs?: number;
  /** The way of a message, in order; default: that of steps.ts. */
  readonly steps?: readonly Step[];
}

export class Ingest {
  readonly #tools: StepTools;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #queue: FairQueue<Message>;
  readonly #groupMs: number;
  readonly #steps: {
    readonly check: readonly CheckStep[];
    readonly after: readonly AfterStep[];
  };
  readonly #commit: Commit;
  readonly #idle: (() => void)[] = [];
  #scheduled = false;
  #stopped = false;
  /** A connection arrived since the last group was due. */
  #arrived = false;
  /** The group that is being taken ends with its last message. */
  #isFull = false;
  /** When the next group is due, when the last one began, and how long the last one blocked the event loop; milliseconds. */
  #dueAt = 0;
  #begunAt = 0;
  #heldMs = 0;
  #loggedAt = Number.NEGATIVE_INFINITY;
  #committedAt = Number.NEGATIVE_INFINITY;

  constructor(options: IngestOptions) {
    const { clock, log, queue, groupMs = GROUP_CHECK_MS, steps = allSteps, ...tools } = options;
    const { enough = () => this.#isLong() } = tools;
    this.#groupMs = groupMs;
    // What ends a part for its time ends the group.
    this.#tools = { ...tools, enough: () => (this.#isFull ||= enough()) };
    this.#clock = clock;
    this.#log = log;
    this.#queue = queue ?? new FairQueue();
    this.#steps = {
      check: steps.filter((step) => step.phase === 'check'),
      after: steps.filter((step) => step.phase === 'after'),
    };
    this.#commit = committing({
      steps: steps.filter((step) => step.phase === 'commit'),
      tools: this.#tools,
      clock,
      took: (message, begun) => this.#charge(message, begun),
      complain: (...failure) => this.#complain(...failure),
    });
  }

  /** Takes a message that a device published. A promise asks the sender to wait before it sends the next one. */
  offer(device: string, channel: UpChannel, payload: Uint8Array): Promise<void> | undefined {
    const message = admit(device, channel, payload, this.#clock.wall());
    if (message) return this.#enqueue(message, false);
    this.#tools.metrics.ignored.inc({ channel });
    return undefined;
  }

  /** Resolves when the messages of all devices that wait are few enough for one more. */
  room(): Promise<void> {
    return this.#queue.room();
  }

  /** Notes that a device has connected or disconnected. */
  presence(device: string, online: boolean): void {
    const message: Message = {
      device,
      channel: 'presence',
      payload: new Uint8Array(0),
      receivedAt: this.#clock.wall(),
      content: { kind: 'presence', online },
      stored: [],
      quarantined: [],
      evicted: 0,
    };
    return void this.#enqueue(message, true);
  }

  /**
   * Connections are arriving: delays the next group by as long as the last one blocked the event loop. libuv accepts one
   * connection per turn of the loop (libuv pull request 3696), and a turn with a group takes as long as a flush of the disk.
   * Without the delay a fleet that returns would connect at the pace of commits.
   */
  giveWay(): void {
    this.#arrived = true;
  }

  /** Resolves when no message waits any more. */
  async drained(): Promise<void> {
    if (this.#queue.items === 0 && !this.#scheduled) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Takes no more messages, and finishes those that wait. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.drained();
  }

  #enqueue(message: Message, must: boolean): Promise<void> | undefined {
    if (this.#stopped) return undefined;
    const { device: key, payload } = message;
    const queued = { key, bytes: payload.length, size: unpackedSize(payload), item: message };
    const offer = this.#queue.offer(queued, this.#clock.mono(), must);
    if (offer === 'dropped') this.#tools.metrics.queueDropped.inc();
    this.#schedule();
    return offer instanceof Promise ? offer : undefined;
  }

  /** A few messages right after a commit wait a moment for others, because each commit flushes the disk. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const wait = this.#committedAt + GROUP_MS - this.#clock.mono();
    this.#dueAt = this.#clock.mono() + Math.max(0, wait);
    const enough = this.#queue.busy || this.#queue.items >= GROUP_MESSAGES || this.#stopped;
    if (wait > 0 && !enough) this.#clock.after(wait, () => this.#turn());
    else setImmediate(() => this.#turn());
  }

  #turn(): void {
    if (this.#arrived && this.#clock.mono() - this.#dueAt < this.#heldMs) {
      this.#arrived = false;
      setImmediate(() => this.#turn());
      return;
    }
    this.#handleGroup()
      .catch((error: unknown) => this.#complain('process', undefined, error))
      .finally(() => {
        // Only now may another turn begin.
        this.#scheduled = false;
        if (this.#queue.items > 0) this.#schedule();
        else for (const resolve of this.#idle.splice(0)) resolve();
      });
  }

  /** The next group, each message checked. Of a batch it holds parts; what is left of it is put back. */
  #takeChecked(): readonly Message[] {
    const group: Message[] = [];
    let bytes = 0;
    let records = 0;
    this.#isFull = false;
    while (!this.#isFull) {
      const next = this.#queue.next(this.#clock.mono());
      if (next === undefined) break;
      const message = next.item;
      if (message.open?.dropped) continue;
      bytes += next.bytes;
      const begun = this.#clock.mono();
      this.#check(message);
      this.#charge(message, begun);
      group.push(message);
      const { open, content } = message;
      if (content?.kind === 'batch') {
        records += content.good.length + content.bad.length;
        // The bytes of its text are held now, not those of its payload.
        if (open && !content.last)
          this.#queue.putBack({ key: message.device, bytes: open.text.length, item: restOf(message) });
      }
      const isLarge = group.length >= GROUP_MESSAGES || bytes >= GROUP_BYTES || records >= GROUP_RECORDS;
      this.#isFull ||= isLarge || this.#isLong();
    }
    return group;
  }

  async #handleGroup(): Promise<void> {
    const begun = this.#clock.mono();
    this.#begunAt = begun;
    const group = this.#takeChecked();
    this.#tools.metrics.queueItems.set(this.#queue.items);
    if (group.length === 0) return;
    const committed = await this.#commit(group);
    this.#committedAt = this.#clock.mono();
    this.#heldMs = this.#committedAt - begun;
    this.#tools.metrics.ingestSeconds.observe(this.#heldMs / 1000);
    shareRefusals(committed);
    for (const message of committed) {
      for (const step of this.#steps.after) {
        try {
          await step.run(message, this.#tools);
        } catch (error) {
          this.#complain(step.name, message, error);
        }
      }
    }
  }

  #check(message: Message): void {
    for (const step of this.#steps.check) {
      try {
        step.run(message, this.#tools);
      } catch (error) {
        delete message.content;
        message.rejected = `step "${step.name}" failed: ${messageOf(error)}`;
        this.#complain(step.name, message, error);
      }
    }
  }

  /** Has the group that is being taken had its time? */
  #isLong(): boolean {
    return this.#clock.mono() - this.#begunAt >= this.#groupMs;
  }

  /** Work for a device counts against its turns. */
  #charge({ device }: Message, begun: number): void {
    const now = this.#clock.mono();
    this.#queue.charge(device, now - begun, now);
  }

  #complain(step: string, message: Message | undefined, error: unknown): void {
    const now = this.#clock.mono();
    if (now - this.#loggedAt < LOG_EVERY_MS) return;
    this.#loggedAt = now;
    this.#log.error({ step, device: message?.device, channel: message?.channel, err: error }, 'ingest failed');
  }
}

/** The message of the next part. */
function restOf({ device, channel, payload, receivedAt, open }: Message): Message {
  const rest: Message = { device, channel, payload, receivedAt, stored: [], quarantined: [], evicted: 0 };
  return open ? { ...rest, open } : rest;
}
