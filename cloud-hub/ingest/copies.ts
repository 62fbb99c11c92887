/**
 * Says when a device exists twice: an older copy of its data folder was put back, or a second box signs in as the same device. The
 * hub's log has it, and the device is told, which makes it a problem of the device.
 *
 * A second box is known by the id of its start (`boot`): an agent that is started again has a new one and never an old one. So a
 * start that speaks again after another one has spoken is a second box. Nothing is kept on disk: after a start of the hub the next
 * change of boxes is seen again.
 */
import type { DownChannel } from '../../shared/contract/channels.ts';
import { encode } from '../../shared/contract/codec.ts';
import type { Command } from '../../shared/contract/messages/command.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import type { Logger } from '../../shared/kit/log.ts';

interface Starts {
  now: string;
  /** Those before, the newest last. */
  before: readonly string[];
  readonly hosts: Map<string, string>;
  noticedAt: number;
}

export interface CopiesOptions {
  /** Sends a message to a device; it may be lost. */
  readonly send: (device: string, channel: DownChannel, payload: Buffer) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Starts that are remembered per device. */
const MAX_BEFORE = 8;
/** Boxes that end each other's connection come in every few seconds. */
const AGAIN_MS = 60_000;

export class Copies {
  readonly #options: CopiesOptions;
  readonly #starts = new Map<string, Starts>();
  readonly #forks = new Map<string, number>();

  constructor(options: CopiesOptions) {
    this.#options = options;
  }

  /**
   * An agent said which start it is.
   * @param host the name of its machine, where it said that
   */
  spoke(device: string, boot: string, host?: string): void {
    const starts: Starts = this.#starts.get(device) ?? {
      now: boot,
      before: [],
      hosts: new Map(),
      noticedAt: Number.NEGATIVE_INFINITY,
    };
    this.#starts.set(device, starts);
    if (host !== undefined) starts.hosts.set(boot, host);
    if (starts.now === boot) return;
    const isBack = starts.before.includes(boot);
    const other = starts.now;
    starts.before = [...starts.before.filter((one) => one !== boot), other].slice(-MAX_BEFORE);
    starts.now = boot;
    for (const one of starts.hosts.keys()) {
      if (one !== boot && !starts.before.includes(one)) starts.hosts.delete(one);
    }
    if (isBack) this.#shared(device, starts, other);
  }

  /** The hub did not take a batch: from the number `at` on it has records of another copy of the outbox. */
  forked(device: string, epoch: string, at: number): void {
    const { clock, log } = this.#options;
    const before = this.#forks.get(device);
    if (before !== undefined && clock.mono() - before < AGAIN_MS) return;
    this.#forks.set(device, clock.mono());
    log.warn(
      { device, epoch, at },
      `the data folder of ${device} is an older copy that was put back, or a copy of it is in use elsewhere; its records get a new epoch`,
    );
  }

  #shared(device: string, starts: Starts, other: string): void {
    const { send, clock, log } = this.#options;
    if (clock.mono() - starts.noticedAt < AGAIN_MS) return;
    starts.noticedAt = clock.mono();
    const hosts = [...new Set([other, starts.now].flatMap((boot) => starts.hosts.get(boot) ?? []))].toSorted();
    const where = hosts.length > 0 ? ` (host ${hosts.join(' and ')})` : '';
    const message = `another client signs in as ${device}${where}: each ends the connection of the other; give each box a device and a token of its own`;
    log.warn({ device, hosts }, message);
    send(device, 'command', encode({ kind: 'notice', code: 'identity-shared', message } satisfies Command));
  }
}
