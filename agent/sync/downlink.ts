/**
 * Messages of the hub. Each is decoded within the bound of its channel and checked by its schema before anything acts on it. A
 * message that fails is counted and logged, nothing more. To handle another channel, add a line to `handlersOf`.
 */
import type { z } from 'zod';
import { type ChannelName, channels, ownDownFilter, parseTopic } from '../../shared/contract/channels.ts';
import { decode } from '../../shared/contract/codec.ts';
import { type Ack, ack, type Unread, unread } from '../../shared/contract/messages/batch.ts';
import { type Command, command } from '../../shared/contract/messages/command.ts';
import { type Desired, desired } from '../../shared/contract/messages/desired.ts';
import { type Verdict, verdict } from '../../shared/contract/messages/verdict.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { Link } from '../../shared/kit/link.ts';
import type { Logger } from '../../shared/kit/log.ts';
import { nowAndThen } from '../../shared/kit/now-and-then.ts';
import { complaintsOf, describeComplaints } from '../../shared/kit/schema.ts';

export interface DownlinkOptions {
  readonly device: string;
  readonly link: Link;
  readonly onAck: (ack: Ack) => void;
  readonly onUnread: (unread: Unread) => void;
  readonly onCommand: (command: Command) => void;
  readonly onDesired: (document: Desired) => void;
  readonly onVerdict: (verdict: Verdict) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface DownlinkState {
  readonly received: number;
  /** Unreadable, of a wrong shape, or for a channel that this version does not know. */
  readonly invalid: number;
  /** Valid, but acting on it failed. */
  readonly failed: number;
}

type Handle = (message: unknown) => void;

const COMPLAIN_AGAIN_MS = 10_000;

export class Downlink {
  readonly #options: DownlinkOptions;
  readonly #handlers: ReadonlyMap<ChannelName, Handle>;
  readonly #complain: (messages: number) => void;
  #lastComplaint = '';
  #received = 0;
  #invalid = 0;
  #failed = 0;
  #unsubscribe: (() => void) | undefined;

  constructor(options: DownlinkOptions) {
    this.#options = options;
    this.#handlers = handlersOf(options);
    this.#complain = nowAndThen(options.clock, COMPLAIN_AGAIN_MS, (messages) =>
      options.log.warn({ messages, last: this.#lastComplaint }, 'messages of the hub were ignored'),
    );
  }

  start(): void {
    if (this.#unsubscribe) return;
    const { link, device } = this.#options;
    this.#unsubscribe = link.onMessage((topic, payload) => this.#take(topic, payload));
    link.subscribe(ownDownFilter(device), 1);
  }

  stop(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  state(): DownlinkState {
    return { received: this.#received, invalid: this.#invalid, failed: this.#failed };
  }

  #take(topic: string, payload: Buffer): void {
    this.#received++;
    const parsed = parseTopic(topic);
    const handle = parsed?.device === this.#options.device ? this.#handlers.get(parsed.channel) : undefined;
    if (!parsed || !handle) {
      this.#ignore(`${topic.slice(0, 200)}: no such channel for this device`);
      return;
    }
    const { maxBytes } = channels[parsed.channel];
    try {
      if (payload.length > maxBytes) throw new Error(`${payload.length} bytes are more than ${maxBytes}`);
      handle(decode(payload, maxBytes));
      this.#options.log.debug({ channel: parsed.channel, bytes: payload.length }, 'the hub said something');
    } catch (error) {
      if (error instanceof HandlerError) {
        this.#failed++;
        this.#options.log.error({ err: error.cause, topic }, 'acting on a message of the hub failed');
      } else {
        this.#ignore(`${topic}: ${messageOf(error)}`);
      }
    }
  }

  #ignore(complaint: string): void {
    this.#invalid++;
    this.#lastComplaint = complaint.slice(0, 1024);
    this.#complain(1);
  }
}

class HandlerError extends Error {
  override readonly name = 'HandlerError';
}

function handlersOf(options: DownlinkOptions): ReadonlyMap<ChannelName, Handle> {
  const settled = checkedBy(ack, options.onAck);
  const unreadable = checkedBy(unread, (message) => options.onUnread(message.unread));
  const isUnread = (message: unknown) => typeof message === 'object' && message !== null && 'unread' in message;
  return new Map<ChannelName, Handle>([
    ['ack', (message) => (isUnread(message) ? unreadable : settled)(message)],
    ['command', checkedBy(command, options.onCommand)],
    ['desired', checkedBy(desired, options.onDesired)],
    ['verdict', checkedBy(verdict, options.onVerdict)],
  ]);
}

/** @returns a handler that throws a readable complaint about a wrong message, and HandlerError when `act` fails */
function checkedBy<T>(schema: z.ZodType<T>, act: (message: T) => void): Handle {
  return (message) => {
    const result = schema.safeParse(message);
    if (!result.success) throw new Error(describeComplaints(complaintsOf(result.error, message)));
    try {
      act(result.data);
    } catch (cause) {
      throw new HandlerError(messageOf(cause), { cause });
    }
  };
}
