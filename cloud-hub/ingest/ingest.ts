/**
 * Ingest: messages in, committed rows out. Messages wait in a fair bounded queue; a group of them goes through the steps
 * and shares one transaction.
 *
 * Invariants:
 * 1. An ack leaves only after the commit of what it acknowledges.
 * 2. Messages of one device are handled in the order of their arrival.
 * 3. A message is never tried for ever: when a group's transaction fails, each message is tried alone; one that fails alone
 *    goes into quarantine. When the database itself fails (disk full, I/O), nothing is acknowledged and devices resend.
 *
 * Crash behaviour: what was not committed was not acknowledged; devices resend it.
 */
import type { Clock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { Logger } from '../../shared/kit/log.ts';
import type { Message } from './message.ts';
import { FairQueue } from './queue.ts';
import type { Step, StepTools } from './step.ts';
import { parse, steps } from './steps.ts';

/** Bounds of a group: large enough to share the disk's latency, small enough not to hold the event loop for long. */
const GROUP_MESSAGES = 64;
const GROUP_BYTES = 64 * 1024;
/** Longest wait of a message for others to share its commit. */
const GROUP_MS = 5;

/** One line of the log a while is enough for a failure that repeats with each message. */
const LOG_EVERY_MS = 10_000;

export interface IngestOptions extends StepTools {
  readonly clock: Clock;
  readonly log: Logger;
  readonly queue?: FairQueue<Message>;
}

export class Ingest {
  readonly #tools: StepTools;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #queue: FairQueue<Message>;
  readonly #idle: (() => void)[] = [];
  #scheduled = false;
  #stopped = false;
  /** Something came that turns of the event loop take further; since the last look. */
  #arrived = false;
  /** When the next group could have been taken, and how long the last one held the event loop. */
  #dueAt = 0;
  #heldMs = 0;
  #loggedAt = Number.NEGATIVE_INFINITY;
  #committedAt = Number.NEGATIVE_INFINITY;

  constructor(options: IngestOptions) {
    const { clock, log, queue, ...tools } = options;
    this.#tools = tools;
    this.#clock = clock;
    this.#log = log;
    this.#queue = queue ?? new FairQueue();
  }

  /** Takes a message that a device published. A promise asks the sender to wait before the next one. */
  offer(topic: string, payload: Uint8Array): Promise<void> | undefined {
    const parsed = parse(topic, payload, this.#clock.wall());
    if (parsed.kind === 'ignored') {
      this.#tools.metrics.ignored.inc({ channel: parsed.channel });
      return undefined;
    }
    if (parsed.kind === 'oversized') parsed.message.rejected = parsed.reason;
    return this.#enqueue(parsed.message, false);
  }

  /** Notes that a device's connection came or went. */
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
    this.#enqueue(message, true);
  }

  /**
   * Connections are coming in: the event loop turns on before the next group, for as long as the last one held it. libuv takes
   * in one connection a turn (libuv pull request 3696), and a turn with a group lasts as long as a flush of the disk: a fleet
   * that returns would come in at the pace of commits.
   */
  giveWay(): void {
    this.#arrived = true;
  }

  /** Resolves when nothing waits any more. */
  async drained(): Promise<void> {
    if (this.#queue.items === 0 && !this.#scheduled) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Takes nothing more, and finishes what waits. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.drained();
  }

  #enqueue(message: Message, must: boolean): Promise<void> | undefined {
    if (this.#stopped) return undefined;
    const offer = this.#queue.offer({ key: message.device, bytes: message.payload.length, item: message }, must);
    if (offer === 'dropped') this.#tools.metrics.queueDropped.inc();
    this.#schedule();
    return offer instanceof Promise ? offer : undefined;
  }

  /** Few messages right after a commit wait a moment for others: each commit is a flush of the disk. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const wait = this.#committedAt + GROUP_MS - this.#clock.mono();
    this.#dueAt = this.#clock.mono() + Math.max(0, wait);
    if (wait > 0 && this.#queue.items < GROUP_MESSAGES && !this.#stopped) this.#clock.after(wait, () => this.#turn());
    else setImmediate(() => this.#turn());
  }

  #turn(): void {
    if (this.#arrived && this.#clock.mono() - this.#dueAt < this.#heldMs) {
      this.#arrived = false;
      setImmediate(() => this.#turn());
      return;
    }
    this.#scheduled = false;
    const group = this.#queue.take(GROUP_MESSAGES, GROUP_BYTES).map((queued) => queued.item);
    this.#tools.metrics.queueItems.set(this.#queue.items);
    if (group.length > 0) this.#process(group);
    if (this.#queue.items > 0) this.#schedule();
    else for (const resolve of this.#idle.splice(0)) resolve();
  }

  #process(group: readonly Message[]): void {
    const begun = this.#clock.mono();
    for (const message of group) this.#check(message);
    const committed = this.#commit(group);
    this.#committedAt = this.#clock.mono();
    this.#heldMs = this.#committedAt - begun;
    this.#tools.metrics.ingestSeconds.observe(this.#heldMs / 1000);
    for (const message of committed) {
      for (const step of stepsOf('after')) {
        try {
          step.run(message, this.#tools);
        } catch (error) {
          this.#complain(step.name, message, error);
        }
      }
    }
  }

  #check(message: Message): void {
    for (const step of stepsOf('check')) {
      try {
        step.run(message, this.#tools);
      } catch (error) {
        delete message.content;
        message.rejected = `step "${step.name}" failed: ${messageOf(error)}`;
        this.#complain(step.name, message, error);
      }
    }
  }

  /** Returns the messages whose work is committed. */
  #commit(group: readonly Message[]): readonly Message[] {
    try {
      this.#transact(group);
      return group;
    } catch (error) {
      this.#tools.metrics.ingestFailures.inc();
      if (isEnvironment(error) || group.length === 0) {
        this.#complain('commit', group[0], error);
        return [];
      }
      if (group.length > 1) return group.flatMap((message) => this.#commit([message]));
      return this.#quarantine(group, error);
    }
  }

  /** The message that cannot be stored although the database works. */
  #quarantine(group: readonly Message[], cause: unknown): readonly Message[] {
    const [message] = group;
    if (!message || message.rejected !== undefined) return [];
    this.#complain('commit', message, cause);
    // An ack names at most 512 characters of reason.
    const reason = `cannot be stored: ${messageOf(cause)}`.slice(0, 300);
    if (message.content?.kind === 'batch' && message.content.refusedWhole === undefined) {
      const { from, to } = message.content.arrival;
      const arrival = { ...message.content.arrival, answered: [{ from, to }] };
      message.content = { ...message.content, arrival, good: [], bad: [], refusedWhole: reason };
    } else {
      delete message.content;
      message.rejected = reason;
    }
    return this.#commit(group);
  }

  #transact(group: readonly Message[]): void {
    this.#tools.store.transact(() => {
      for (const message of group) for (const step of stepsOf('commit')) step.run(message, this.#tools);
    });
  }

  #complain(step: string, message: Message | undefined, error: unknown): void {
    const now = this.#clock.mono();
    if (now - this.#loggedAt < LOG_EVERY_MS) return;
    this.#loggedAt = now;
    this.#log.error({ step, device: message?.device, channel: message?.channel, err: error }, 'ingest failed');
  }
}

function stepsOf(phase: Step['phase']): readonly Step[] {
  return steps.filter((step) => step.phase === phase);
}

/** Did the database fail rather than the message? Then the message is good, only later. */
function isEnvironment(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return false;
  return /^(SQLITE_(FULL|IOERR|BUSY|LOCKED|READONLY|CANTOPEN|CORRUPT|NOTADB|NOMEM|PROTOCOL)|ENOSPC|EIO)/.test(
    error.code,
  );
}
