/**
 * Sends the lines of this agent's log to the hub (`up/log`): behind the records, within a budget, without secrets.
 *
 * 1. While records of a backlog wait, no line is sent. One message is on its way at a time.
 * 2. In no hour more than `kbPerHour` is sent (JSON, before it is packed): a bucket holds a quarter of it (at least 16 kB), and the rest
 *    comes back over the hour. What is over waits, and then is given up by `waiting.ts`.
 * 3. Nothing here writes to the log: what it says would be sent too.
 */
import { encode } from '../../shared/contract/codec.ts';
import { type LogBatch, MAX_LOG_LINES } from '../../shared/contract/messages/log.ts';
import type { Redact } from '../../shared/doctor/bundle/redact.ts';
import type { Cancel, Clock } from '../../shared/kit/clock.ts';
import { HOUR_MS } from '../../shared/kit/durations.ts';
import { shippedLine } from './line.ts';
import type { LogTap } from './tap.ts';
import { bytesOf, WaitingLines } from './waiting.ts';

export interface ShippingOptions {
  readonly tap: LogTap;
  readonly boot: string;
  /** 0: nothing is sent. */
  readonly kbPerHour: number;
  readonly redact: Redact;
  /** May lines go now? Not while records wait. */
  isOpen(): boolean;
  send(payload: Buffer): Promise<void>;
  readonly clock: Clock;
}

export interface Shipping {
  stop(): void;
  state(): { readonly waiting: number; readonly sent: number; readonly dropped: number };
}

/** Lines of one cause come together. */
const LINGER_MS = 500;
const RETRY_MS = 5_000;
const MOST_BYTES = 128 * 1024;
/** The part of an hour's budget that may go at once; at least the longest line. */
const BURST = 0.25;
const LEAST_BURST_BYTES = 16_000;

export function createShipping({ tap, boot, kbPerHour, redact, isOpen, send, clock }: ShippingOptions): Shipping {
  const waiting = new WaitingLines();
  const capacity = Math.max(kbPerHour * 1000 * BURST, LEAST_BURST_BYTES);
  const perMs = (kbPerHour * 1000 * (1 - BURST)) / HOUR_MS;
  let allowance = { bytes: capacity, at: clock.mono() };
  let sent = 0;
  let isSending = false;
  let cancel: Cancel | undefined;
  let isStopped = false;

  const wake = (ms: number) => {
    if (isStopped || isSending) return;
    cancel ??= clock.after(ms, step);
  };

  const step = () => {
    cancel = undefined;
    if (isStopped || isSending || waiting.length === 0) return;
    const now = clock.mono();
    allowance = { bytes: Math.min(capacity, allowance.bytes + (now - allowance.at) * perMs), at: now };
    const lines = isOpen() ? waiting.take(MAX_LOG_LINES, Math.min(MOST_BYTES, allowance.bytes)) : [];
    if (lines.length === 0) return wake(RETRY_MS);
    allowance = { bytes: allowance.bytes - bytesOf(lines), at: now };
    const { dropped } = waiting;
    const batch: LogBatch = { boot, lines: lines.map(({ line }) => line), ...(dropped > 0 ? { dropped } : {}) };
    isSending = true;
    send(encode(batch)).then(
      () => {
        sent += lines.length;
        isSending = false;
        if (waiting.length > 0) wake(LINGER_MS);
      },
      () => {
        waiting.putBack(lines);
        isSending = false;
        wake(RETRY_MS);
      },
    );
  };

  if (kbPerHour > 0)
    tap.listen((text) => {
      const line = shippedLine(text, redact);
      if (line === undefined) return;
      waiting.add(line);
      wake(LINGER_MS);
    });

  return {
    stop() {
      isStopped = true;
      cancel?.();
    },
    state: () => ({ waiting: waiting.length, sent, dropped: waiting.dropped }),
  };
}
