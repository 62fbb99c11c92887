/**
 * Orders to erase: the hub erases its own rows, the device is asked by its desired document, and what was on its way when the device
 * was done is erased once more.
 *
 * Invariants:
 * 1. An order, the document that names it, and its line in the audit are one transaction.
 * 2. A step of a pass and what it counts are one transaction, and steps are short: ingest goes on between them.
 * 3. An order is done when the device has answered (or is gone) and a whole pass began a minute after that.
 * 4. What fails is tried again; the order says why.
 *
 * Crash behaviour: an order that is open is carried on at the next start, beginning with a pass that was not through.
 */
import { randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Desired } from '../../shared/contract/messages/desired.ts';
import { type EraseAnswer, MAX_ERASE_ORDERS } from '../../shared/contract/messages/erase.ts';
import type { Report } from '../../shared/contract/messages/report.ts';
import type { Cancel, Clock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { Logger } from '../../shared/kit/log.ts';
import type { Erasure, NewErasure } from '../contract/erasure.ts';
import type { Act } from '../store/audit.ts';
import { erasePlaces, picturePlaces } from '../store/erase-rows.ts';
import type { StoredErasure } from '../store/erasures.ts';
import { isoTime, timeColumn } from '../store/rows.ts';
import type { HubStore } from '../store/store.ts';
import { type DeviceStanding, hasSettled, nextOf, shownErasure, withOrders } from './next.ts';

export class TooManyOrders extends Error {
  override readonly name = 'TooManyOrders';
}

/** What is recorded after an order is carried out would stay, although the order covers it. */
export class FutureTime extends Error {
  override readonly name = 'FutureTime';
}

export interface ErasingOptions {
  readonly store: Pick<HubStore, 'devices' | 'desired' | 'erasures' | 'eraseRows' | 'audit' | 'transact'>;
  /** Sends a device its document. */
  readonly publish: (device: string, document: Desired) => void;
  /** Of a device: whoever holds something of it elsewhere drops it. Called after each pass. */
  readonly erased?: (device: string) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

const LOOK_MS = 5_000;

/** No record is older than 1970, and a document with such a time would be refused by the device as a whole. */
const timeOf = (text: string): number => timeColumn(Date.parse(text));

export class Erasing {
  readonly #options: ErasingOptions;
  #cancel: Cancel | undefined;
  #work: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  constructor(options: ErasingOptions) {
    this.#options = options;
  }

  start(): void {
    this.#cancel = this.#options.clock.every(LOOK_MS, () => this.#look());
    this.#look();
  }

  /** Resolves when the step that runs has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#work;
  }

  /** @throws TooManyOrders, FutureTime */
  order({ device, stream, from, before, picturesOnly, reason }: NewErasure, act: Act): Erasure {
    const { store } = this.#options;
    const end = before === undefined ? act.at : timeOf(before);
    if (end > act.at)
      throw new FutureTime(
        `before: ${isoTime(end)} has not come yet (the hub's clock says ${isoTime(act.at)}): an order erases what was recorded up to now; leave \`before\` out for that`,
      );
    if (store.erasures.openOf(device).length >= MAX_ERASE_ORDERS)
      throw new TooManyOrders(
        `${MAX_ERASE_ORDERS} orders of ${device} are open, the most allowed: wait for one to end`,
      );
    const id = randomBytes(16).toString('hex');
    const order = {
      ...{ id, device, before: end, pictures: picturesOnly },
      ...(stream === undefined ? {} : { stream }),
      ...(from === undefined ? {} : { from: timeOf(from) }),
      ...(reason === undefined ? {} : { reason }),
    };
    store.transact(() => {
      store.erasures.add(order, act);
      const { id: _, ...detail } = order;
      store.audit.add(act, 'erase.order', id, detail);
      this.#nameOrders(device, act.at);
    });
    this.#publish(device);
    this.#look();
    return this.get(id) as Erasure;
  }

  get(id: string): Erasure | undefined {
    const found = this.#options.store.erasures.get(id);
    return found && shownErasure(found, this.#standing(found.device));
  }

  /** Newest first. */
  list(filter: { device?: string | undefined; before?: number | undefined; limit: number }) {
    const { erasures } = this.#options.store;
    return erasures
      .list(filter)
      .map((found) => ({ row: found.row, erasure: shownErasure(found, this.#standing(found.device)) }));
  }

  /** A device said what became of its orders. */
  reported(device: string, { erase: answers }: Report): void {
    if (!answers || answers.length === 0) return;
    const { store } = this.#options;
    for (const open of store.erasures.openOf(device)) {
      const answer = answers.find(({ id }) => id === open.id);
      if (answer && open.answeredAt === undefined) this.#answered(open, answer);
    }
  }

  #answered(open: StoredErasure, { state, reason, erased }: EraseAnswer): void {
    const { store, clock } = this.#options;
    const at = clock.wall();
    store.transact(() => {
      store.erasures.answered(open.row, { state, reason, erased }, state === 'done' ? at : undefined);
      if (state !== 'done') return;
      store.audit.add({ at, actor: 'hub' }, 'erase.device', open.id, { device: open.device, ...erased });
    });
    if (state === 'done') this.#look();
  }

  #look(): void {
    this.#again = true;
    this.#work ??= this.#carryOn().finally(() => {
      this.#work = undefined;
      // An order may have come when the last one had been looked at.
      if (this.#again && !this.#stopped) this.#look();
    });
  }

  async #carryOn(): Promise<void> {
    const { store, clock, log } = this.#options;
    while (this.#again && !this.#stopped) {
      this.#again = false;
      for (const open of store.erasures.open()) {
        if (this.#stopped) return;
        const next = nextOf(open, this.#standing(open.device), clock.wall());
        try {
          if (next === 'pass') await this.#pass(open);
          if (next === 'finish') this.#finish(open);
        } catch (error) {
          log.error({ id: open.id, err: error }, 'an order to erase could not be carried out yet; it is tried again');
          store.erasures.failed(open.row, messageOf(error).slice(0, 1024));
        }
      }
    }
  }

  async #pass({ id, row, device, stream, from, before, pictures, answeredAt }: StoredErasure): Promise<void> {
    const { store, clock } = this.#options;
    const begun = clock.wall();
    const order = { device, stream, from, before, pictures };
    for (const place of pictures ? picturePlaces : erasePlaces) {
      for (let after: number | undefined = 0; after !== undefined; ) {
        const from: number = after;
        after = store.transact(() => {
          const { after: next, ...erased } = store.eraseRows.step(place, order, from);
          if (Object.values(erased).some((n) => n > 0)) store.erasures.count(id, erased);
          return next;
        });
        await nextTurn();
        if (this.#stopped) return;
      }
    }
    this.#options.erased?.(device);
    store.eraseRows.scrub();
    store.erasures.passed(row, hasSettled({ answeredAt }, begun) ? begun : undefined);
    // What the device's answer or its being gone allows is decided at once.
    if (answeredAt !== undefined || this.#standing(device) === 'gone') this.#again = true;
  }

  #finish({ id, row, device }: StoredErasure): void {
    const { store, clock, log } = this.#options;
    const at = clock.wall();
    store.transact(() => {
      store.erasures.finished(row, at);
      const erased = store.erasures.get(id)?.erased ?? {};
      store.audit.add({ at, actor: 'hub' }, 'erase.done', id, { device, ...erased });
      this.#nameOrders(device, at);
    });
    this.#publish(device);
    log.info({ id, device }, 'an order to erase is done');
  }

  /** Part of a transaction: the document names the orders that are open. */
  #nameOrders(device: string, at: number): void {
    const { store } = this.#options;
    if (this.#standing(device) === 'gone') return;
    const document = withOrders(store.desired.get(device), store.erasures.openOf(device));
    store.desired.set(device, document, at);
  }

  #publish(device: string): void {
    const document = this.#options.store.desired.get(device);
    if (document && this.#standing(device) !== 'gone') this.#options.publish(device, document);
  }

  #standing(device: string): DeviceStanding {
    const { devices } = this.#options.store;
    if (devices.tokenHash(device) === undefined) return 'gone';
    const report = devices.report(device);
    return report && report.erase === undefined ? 'old' : 'there';
  }
}
