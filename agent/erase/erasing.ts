/**
 * Orders to erase, in a running agent: those of the command and those of the hub, one after the other.
 *
 * Invariants:
 * 1. An order of the hub is on the disk (orders.ts) before anything of it is carried out: it needs no hub any more.
 * 2. What fails is tried again until it succeeds; the report says why it has failed.
 * 3. An order that came is never taken back: a hub that was restored from a backup forgets it, the box does not.
 */
import type { EraseAnswer, EraseOrder } from '../../shared/contract/messages/erase.ts';
import { clipped } from '../../shared/contract/names.ts';
import type { Cancel, Clock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { Logger } from '../../shared/kit/log.ts';
import { carryOut, type Places } from './carry-out.ts';
import type { Orders, StoredOrder } from './orders.ts';

export interface ErasingOptions {
  readonly orders: Orders;
  readonly places: Places;
  /** What the report says has changed. */
  onChange(): void;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Erasing {
  start(): void;
  /** Resolves when what is under way has ended. */
  stop(): Promise<void>;
  /** All that the hub's document names. @throws the file system's error when one cannot be kept; then it has to come again */
  onDesired(orders: readonly EraseOrder[]): void;
  /** What became of those that the document names. */
  report(): EraseAnswer[];
}

const LOOK_MS = 1_000;
const AGAIN_MS = 10_000;

export function createErasing({ orders, places, onChange, clock, log }: ErasingOptions): Erasing {
  let named: readonly string[] = [];
  /** Why it failed, and when it is tried again. */
  const failures = new Map<string, { readonly reason: string; readonly again: number }>();
  let work: Promise<void> | undefined;
  let cancel: Cancel | undefined;
  let running = false;

  const one = async (order: StoredOrder) => {
    const { id, by, stream, pictures } = order;
    try {
      const erased = await carryOut(order, places);
      orders.answer({ id, state: 'done', erased, by });
      failures.delete(id);
      log.warn({ id, by, stream: stream ?? 'all', onlyPictures: pictures, ...erased }, 'erased on an order');
    } catch (error) {
      const reason = clipped(messageOf(error));
      failures.set(id, { reason, again: clock.mono() + AGAIN_MS });
      log.error({ id, by, err: error }, 'an order to erase could not be carried out yet; it is tried again');
    }
    if (by === 'hub') onChange();
  };

  const all = async () => {
    for (const order of orders.waiting()) {
      const { again = 0 } = failures.get(order.id) ?? {};
      if (running && clock.mono() >= again) await one(order);
    }
  };

  const look = () => {
    if (!running || work !== undefined) return;
    work = all()
      .catch((error) => log.error({ err: error }, 'the orders to erase could not be read'))
      .finally(() => {
        work = undefined;
      });
  };

  return {
    start() {
      running = true;
      cancel = clock.every(LOOK_MS, look);
      look();
    },
    async stop() {
      running = false;
      cancel?.();
      await work;
    },
    onDesired(wanted) {
      named = wanted.map(({ id }) => id);
      for (const answer of orders.answers())
        if (answer.by === 'hub' && !named.includes(answer.id)) orders.remove(answer.id);
      for (const order of wanted) if (!orders.answerTo(order.id)) orders.add({ ...order, by: 'hub' });
      look();
    },
    report: () =>
      named.flatMap((id): EraseAnswer[] => {
        const answer = orders.answerTo(id);
        if (answer) return [{ id, state: answer.state, ...(answer.erased ? { erased: answer.erased } : {}) }];
        const failure = failures.get(id);
        return failure ? [{ id, state: 'failed', reason: failure.reason }] : [];
      }),
  };
}
