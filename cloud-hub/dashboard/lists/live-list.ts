/**
 * A list that is read by pages, newest first, and grows at its head from the live feed.
 *
 * 1. Held: at most `cap` items; when the head pushes out the tail, older pages are no longer offered (`isCut`).
 * 2. While `hold` is on (the reader has scrolled away), fresh items wait in `pending` instead of moving what is read.
 * 3. An answer that comes after `close` or after a newer `renew` changes nothing.
 * 4. What the feed brought while a first page was under way stays. It does not count as known when page and list are joined:
 *    it would hide that something between them is missing.
 */
import { type ReadonlySignal, signal } from '@preact/signals';
import type { Page } from '../hub/api.ts';
import { append, type Identified, prepend, renew, replace } from './bounded.ts';
import type { Loading } from './loading.ts';

export interface ListState<T> {
  readonly items: readonly T[];
  readonly pending: readonly T[];
  /** Cursor of the next page, while there is one. */
  readonly next: string | undefined;
  readonly isCut: boolean;
  readonly loading: Loading;
}

export class LiveList<T extends Identified> {
  readonly #state = signal<ListState<T>>({
    items: [],
    pending: [],
    next: undefined,
    isCut: false,
    loading: { kind: 'loading' },
  });
  readonly #fetchPage: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<T>>;
  readonly #cap: number;
  #abort = new AbortController();
  #isHeld = false;
  /** A first page is wanted: whether the list and the feed join is not known yet. */
  #isBehind = false;
  /** Heard since the list is behind, and since the newest `renew` of that time; newest first. */
  #unjoined: readonly T[] = [];
  #arrived: readonly T[] = [];
  /** Changed since the list is behind: a page that was asked for before does not know it. */
  #changed: readonly T[] = [];

  /** @param fetchPage the first page for no cursor */
  constructor(fetchPage: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<T>>, cap: number) {
    this.#fetchPage = fetchPage;
    this.#cap = cap;
  }

  get state(): ReadonlySignal<ListState<T>> {
    return this.#state;
  }

  /** Reads the first page (again), for the start and for what was missed while the feed was down. */
  async renew(): Promise<void> {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#isBehind = true;
    this.#arrived = [];
    await this.#load(undefined, (state, page) => this.#join(state, page));
  }

  /** Reads the next page, unless there is none or one is under way. */
  async more(): Promise<void> {
    const { next, loading } = this.#state.value;
    if (next === undefined || loading.kind === 'loading') return;
    await this.#load(next, (state, page) => {
      const all = append(state.items, page.items);
      const isFull = all.length >= this.#cap;
      const isCut = all.length > this.#cap || (isFull && page.next !== undefined);
      return { ...state, items: all.slice(0, this.#cap), next: isFull ? undefined : page.next, isCut };
    });
  }

  /** An item of the feed. */
  add(item: T): void {
    const state = this.#state.value;
    if (this.#isBehind) {
      this.#unjoined = prepend(this.#unjoined, [item], this.#cap);
      this.#arrived = prepend(this.#arrived, [item], this.#cap);
    }
    if (!this.#isHeld) this.#put([item]);
    else if (!state.items.some(({ id }) => id === item.id))
      this.#state.value = { ...state, pending: prepend(state.pending, [item], this.#cap) };
  }

  /** An item as it is now; one that the list does not have is left out. */
  change(item: T): void {
    if (this.#isBehind) this.#changed = [item, ...this.#changed.filter(({ id }) => id !== item.id)].slice(0, this.#cap);
    this.#unjoined = replace(this.#unjoined, item);
    this.#arrived = replace(this.#arrived, item);
    const { items, pending } = this.#state.value;
    const now = { items: replace(items, item), pending: replace(pending, item) };
    if (now.items !== items || now.pending !== pending) this.#state.value = { ...this.#state.value, ...now };
  }

  /** Fresh items wait (true), or come in at once, with those that waited (false). */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    if (isHeld || this.#state.value.pending.length === 0) return;
    const { pending } = this.#state.value;
    this.#state.value = { ...this.#state.value, pending: [] };
    this.#put(pending);
  }

  close(): void {
    this.#abort.abort();
  }

  #join(state: ListState<T>, page: Page<T>): ListState<T> {
    const unjoined = new Set(this.#unjoined.map(({ id }) => id));
    const known = [...state.pending, ...state.items].filter(({ id }) => !unjoined.has(id));
    const joined = renew(known, page.items, Number.POSITIVE_INFINITY);
    const all = this.#changed.reduce(replace, prepend(joined, this.#arrived, Number.POSITIVE_INFINITY));
    this.#isBehind = false;
    this.#changed = [];
    this.#unjoined = [];
    const top = this.#isHeld
      ? Math.max(
          0,
          all.findIndex(({ id }) => id === state.items[0]?.id),
        )
      : 0;
    const items = all.slice(top, top + this.#cap);
    const isSameTail = known.length > 0 && joined.at(-1)?.id === known.at(-1)?.id;
    const isCut = all.length - top > this.#cap || (isSameTail && state.isCut);
    const next = isSameTail ? state.next : page.next;
    return { ...state, items, pending: all.slice(0, Math.min(top, this.#cap)), next: isCut ? undefined : next, isCut };
  }

  #put(fresh: readonly T[]): void {
    const state = this.#state.value;
    const all = prepend(state.items, fresh, Number.POSITIVE_INFINITY);
    if (all === state.items) return;
    const isCut = state.isCut || all.length > this.#cap;
    this.#state.value = { ...state, items: all.slice(0, this.#cap), isCut, next: isCut ? undefined : state.next };
  }

  async #load(cursor: string | undefined, fold: (state: ListState<T>, page: Page<T>) => ListState<T>): Promise<void> {
    const { signal: aborted } = this.#abort;
    this.#state.value = { ...this.#state.value, loading: { kind: 'loading' } };
    try {
      const page = await this.#fetchPage(cursor, aborted);
      if (!aborted.aborted) this.#state.value = { ...fold(this.#state.value, page), loading: { kind: 'ready' } };
    } catch (error) {
      if (aborted.aborted) return;
      const reason = error instanceof Error ? error.message : String(error);
      this.#state.value = { ...this.#state.value, loading: { kind: 'failed', reason } };
    }
  }
}
