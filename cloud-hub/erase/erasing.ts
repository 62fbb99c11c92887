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
import type { RowOrder } from '../store/erase-rows.ts';
import { erasePlaces, picturePlaces } from '../store/erase-rows.ts';
import type { StoredErasure } from '../store/erasures.ts';
import { isoTime, timeColumn } from '../store/rows.ts';
import type { HubStore, Parts } from '../store/store.ts';
import { type DeviceStanding, hasSettled, nextOf, shownErasure, withOrders } from './next.ts';

export class TooManyOrders extends Error {
  override readonly name = 'TooManyOrders';
}

/** What is recorded after an order is carried out would stay, although the order covers it. */
export class FutureTime extends Error {
  override readonly name = 'FutureTime';
}

/** Somebody holds what an order would erase. */
export class HeldEvents extends Error {
  override readonly name = 'HeldEvents';
}

export interface ErasingOptions {
  readonly store: Pick<HubStore, 'devices' | 'desired' | 'erasures' | 'eraseRows' | 'audit' | 'transact' | 'scrub'>;
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

  /** @throws TooManyOrders, FutureTime, HeldEvents */
  async order({ device, stream, from, before, picturesOnly, reason }: NewErasure, act: Act): Promise<Erasure> {
    const { store } = this.#options;
    const end = before === undefined ? act.at : timeOf(before);
    if (end > act.at)
      throw new FutureTime(
        `before: ${isoTime(end)} has not come yet (the hub's clock says ${isoTime(act.at)}): an order erases what was recorded up to now; leave \`before\` out for that`,
      );
    const id = randomBytes(16).toString('hex');
    const order = {
      ...{ id, device, before: end, pictures: picturesOnly },
      ...(stream === undefined ? {} : { stream }),
      ...(from === undefined ? {} : { from: timeOf(from) }),
      ...(reason === undefined ? {} : { reason }),
    };
    await store.transact(async (tx) => {
      if ((await tx.erasures.openOf(device)).length >= MAX_ERASE_ORDERS)
        throw new TooManyOrders(
          `${MAX_ERASE_ORDERS} orders of ${device} are open, the most allowed: wait for one to end`,
        );
      await refuseHeld(tx, order);
      await tx.erasures.add(order, act);
      const { id: _, ...detail } = order;
      await tx.audit.add(act, 'erase.order', id, detail);
      await this.#nameOrders(tx, device, act.at);
    });
    await this.#publish(device);
    this.#look();
    return (await this.get(id)) as Erasure;
  }

  async get(id: string): Promise<Erasure | undefined> {
    const found = await this.#options.store.erasures.get(id);
    return found && shownErasure(found, await this.#standing(this.#options.store, found.device));
  }

  /** Newest first. */
  async list(filter: { device?: string | undefined; before?: number | undefined; limit: number }) {
    const { erasures } = this.#options.store;
    const shown: { readonly row: number; readonly erasure: Erasure }[] = [];
    for (const found of await erasures.list(filter)) {
      const standing = await this.#standing(this.#options.store, found.device);
      shown.push({ row: found.row, erasure: shownErasure(found, standing) });
    }
    return shown;
  }

  /** A device said what became of its orders. */
  async reported(device: string, { erase: answers }: Report): Promise<void> {
    if (!answers || answers.length === 0) return;
    const { store } = this.#options;
    for (const open of await store.erasures.openOf(device)) {
      const answer = answers.find(({ id }) => id === open.id);
      if (answer && open.answeredAt === undefined) await this.#answered(open, answer);
    }
  }

  async #answered(open: StoredErasure, { state, reason, erased }: EraseAnswer): Promise<void> {
    const { store, clock } = this.#options;
    const at = clock.wall();
    await store.transact(async (tx) => {
      await tx.erasures.answered(open.row, { state, reason, erased }, state === 'done' ? at : undefined);
      if (state !== 'done') return;
      await tx.audit.add({ at, actor: 'hub' }, 'erase.device', open.id, { device: open.device, ...erased });
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
      for (const open of await store.erasures.open()) {
        if (this.#stopped) return;
        const next = nextOf(open, await this.#standing(store, open.device), clock.wall());
        try {
          if (next === 'pass') await this.#pass(open);
          if (next === 'finish') await this.#finish(open);
        } catch (error) {
          log.error({ id: open.id, err: error }, 'an order to erase could not be carried out yet; it is tried again');
          await store.erasures.failed(open.row, messageOf(error).slice(0, 1024)).catch((unwritten: unknown) => {
            log.error({ id: open.id, err: unwritten }, 'why an order failed could not be written');
          });
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
        after = await store.transact(async (tx) => {
          const { after: next, ...erased } = await tx.eraseRows.step(place, order, from);
          if (Object.values(erased).some((n) => n > 0)) await tx.erasures.count(id, erased);
          return next;
        });
        await nextTurn();
        if (this.#stopped) return;
      }
    }
    this.#options.erased?.(device);
    await store.scrub();
    await store.erasures.passed(row, hasSettled({ answeredAt }, begun) ? begun : undefined);
    // What the device's answer or its being gone allows is decided at once.
    if (answeredAt !== undefined || (await this.#standing(store, device)) === 'gone') this.#again = true;
  }

  async #finish({ id, row, device }: StoredErasure): Promise<void> {
    const { store, clock, log } = this.#options;
    const at = clock.wall();
    await store.transact(async (tx) => {
      await tx.erasures.finished(row, at);
      const erased = (await tx.erasures.get(id))?.erased ?? {};
      await tx.audit.add({ at, actor: 'hub' }, 'erase.done', id, { device, ...erased });
      await this.#nameOrders(tx, device, at);
    });
    await this.#publish(device);
    log.info({ id, device }, 'an order to erase is done');
  }

  /** Part of a transaction: the document names the orders that are open. */
  async #nameOrders(tx: Parts, device: string, at: number): Promise<void> {
    if ((await this.#standing(tx, device)) === 'gone') return;
    const document = withOrders(await tx.desired.get(device), await tx.erasures.openOf(device));
    await tx.desired.set(device, document, at);
  }

  async #publish(device: string): Promise<void> {
    const document = await this.#options.store.desired.get(device);
    if (document && (await this.#standing(this.#options.store, device)) !== 'gone')
      this.#options.publish(device, document);
  }

  async #standing({ devices }: Pick<HubStore, 'devices'>, device: string): Promise<DeviceStanding> {
    if ((await devices.tokenHash(device)) === undefined) return 'gone';
    const report = await devices.report(device);
    return report && report.erase === undefined ? 'old' : 'there';
  }
}

const HELD_SHOWN = 5;

async function refuseHeld(tx: Parts, order: RowOrder): Promise<void> {
  const held = await tx.holds.covered(order, HELD_SHOWN + 1);
  if (held.length === 0) return;
  const named = held.slice(0, HELD_SHOWN).join(', ');
  const more = held.length > HELD_SHOWN ? ' and more' : '';
  throw new HeldEvents(
    `the order covers events that are held: ${named}${more}. Release them (DELETE /events/ID/hold), or order less`,
  );
}
