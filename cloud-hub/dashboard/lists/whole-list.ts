/**
 * A list that is small enough to be read as a whole, newest first.
 *
 * 1. At most `cap` items; `isCut` says that there are more. 2. What `put` while a reading was under way is newer and stays.
 * 3. An answer that comes after `close` or after a newer `load` changes nothing.
 */
import { type ReadonlySignal, signal } from '@preact/signals';
import type { Page } from '../hub/api.ts';
import type { Identified } from './bounded.ts';
import type { Loading } from './loading.ts';

export interface WholeState<T> {
  readonly items: readonly T[];
  readonly isCut: boolean;
  readonly loading: Loading;
}

export class WholeList<T extends Identified> {
  readonly #state = signal<WholeState<T>>({ items: [], isCut: false, loading: { kind: 'loading' } });
  readonly #fetchPage: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<T>>;
  readonly #cap: number;
  #abort = new AbortController();
  #put = new Map<string, T>();

  /** @param fetchPage the first page for no cursor */
  constructor(fetchPage: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<T>>, cap: number) {
    this.#fetchPage = fetchPage;
    this.#cap = cap;
  }

  get state(): ReadonlySignal<WholeState<T>> {
    return this.#state;
  }

  async load(): Promise<void> {
    this.#abort.abort();
    this.#abort = new AbortController();
    const { signal: aborted } = this.#abort;
    this.#put = new Map();
    try {
      const items: T[] = [];
      let cursor: string | undefined;
      do {
        const page = await this.#fetchPage(cursor, aborted);
        if (aborted.aborted) return;
        items.push(...page.items);
        cursor = page.items.length > 0 ? page.next : undefined;
      } while (cursor !== undefined && items.length < this.#cap);
      const isCut = cursor !== undefined || items.length > this.#cap;
      this.#state.value = { items: items.slice(0, this.#cap), isCut, loading: { kind: 'ready' } };
      for (const item of this.#put.values()) this.#place(item);
    } catch (error) {
      if (aborted.aborted) return;
      const reason = error instanceof Error ? error.message : String(error);
      this.#state.value = { ...this.#state.value, loading: { kind: 'failed', reason } };
    }
  }

  /** An item as it is now: in the place of what it was, or at the head. */
  put(item: T): void {
    this.#put.set(item.id, item);
    this.#place(item);
  }

  close(): void {
    this.#abort.abort();
  }

  #place(item: T): void {
    const state = this.#state.value;
    const isKnown = state.items.some(({ id }) => id === item.id);
    const items = isKnown ? state.items.map((old) => (old.id === item.id ? item : old)) : [item, ...state.items];
    this.#state.value = { ...state, items: items.slice(0, this.#cap), isCut: state.isCut || items.length > this.#cap };
  }
}
