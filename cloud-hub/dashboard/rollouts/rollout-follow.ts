/**
 * One rollout, kept current: read as a whole when it is opened and after each reconnect, then fed by the feed.
 *
 * 1. What the feed said while a reading was under way is newer than the reading and stays.
 * 2. The feed carries the rollout and its devices; the lines of its history, and who comes next, are read again after a change,
 *    at most once in `CATCH_UP_MS`, one reading at a time.
 * 3. Held: at most `MAX_DEVICES` devices and `MAX_HISTORY` lines. 4. Nothing changes after `close`.
 */
import { type ReadonlySignal, signal } from '@preact/signals';
import type { Cancel, Clock } from '../../../shared/kit/clock.ts';
import type { LiveMessage } from '../../contract/live.ts';
import type { Rollout, RolloutDevice, RolloutEvent } from '../../contract/rollout.ts';
import { MAX_DEVICES } from '../fleet/roster.ts';
import { type Api, ApiError } from '../hub/api.ts';
import type { Loading } from '../lists/loading.ts';

export interface FollowState {
  readonly rollout: Rollout | undefined;
  /** Devices of each wave, those that come later included. */
  readonly waves: readonly (readonly string[])[];
  /** Those that were asked. */
  readonly devices: ReadonlyMap<string, RolloutDevice>;
  /** Oldest first. */
  readonly history: readonly RolloutEvent[];
  /** The hub has no such rollout. */
  readonly isMissing: boolean;
  readonly loading: Loading;
}

type RolloutApi = Pick<Api, 'rollout' | 'rolloutWaves' | 'rolloutDevices' | 'rolloutHistory'>;

export const CATCH_UP_MS = 1000;
export const MAX_HISTORY = 5000;
const PAGE = 500;

export class RolloutFollow {
  readonly #state = signal<FollowState>({
    rollout: undefined,
    waves: [],
    devices: new Map(),
    history: [],
    isMissing: false,
    loading: { kind: 'loading' },
  });
  readonly #id: string;
  readonly #api: RolloutApi;
  readonly #clock: Clock;
  readonly #abort = new AbortController();
  readonly #arrived = new Map<string, RolloutDevice>();
  #generation = 0;
  /** A reading that catches up is due or under way. */
  #cancelCatchUp: Cancel | undefined;
  /** Something changed since the reading that is under way has begun. */
  #isBehind = false;

  constructor(id: string, api: RolloutApi, clock: Clock) {
    this.#id = id;
    this.#api = api;
    this.#clock = clock;
  }

  get state(): ReadonlySignal<FollowState> {
    return this.#state;
  }

  async load(): Promise<void> {
    const mine = ++this.#generation;
    const isStale = () => mine !== this.#generation || this.#abort.signal.aborted;
    this.#arrived.clear();
    try {
      const rollout = await this.#api.rollout(this.#id, this.#abort.signal);
      const [waves, devices, history] = await Promise.all([
        this.#api.rolloutWaves(this.#id, this.#abort.signal),
        this.#readAll(
          (cursor) => this.#api.rolloutDevices(this.#id, { cursor, limit: PAGE }, this.#abort.signal),
          MAX_DEVICES,
        ),
        this.#readHistory([]),
      ]);
      if (isStale()) return;
      const known = new Map(devices.map((row) => [row.device, row]));
      for (const [device, row] of this.#arrived) known.set(device, row);
      const newest = newer(this.#state.value.rollout, rollout);
      this.#state.value = {
        rollout: newest,
        waves,
        devices: known,
        history,
        isMissing: false,
        loading: { kind: 'ready' },
      };
    } catch (error) {
      if (isStale()) return;
      const reason = error instanceof Error ? error.message : String(error);
      const isMissing = error instanceof ApiError && error.status === 404;
      this.#state.value = { ...this.#state.value, isMissing, loading: { kind: 'failed', reason } };
    }
  }

  /** A message of the feed. */
  receive(message: LiveMessage): void {
    if (message.type !== 'rollout' || message.rollout.id !== this.#id) return;
    for (const row of message.devices) this.#arrived.set(row.device, row);
    this.put(message.rollout, message.devices);
  }

  /** The rollout as the hub has just answered it. */
  put(rollout: Rollout, changed: readonly RolloutDevice[] = []): void {
    if (this.#abort.signal.aborted) return;
    const state = this.#state.value;
    const devices = new Map([...state.devices, ...changed.map((row) => [row.device, row] as const)]);
    this.#state.value = { ...state, rollout: newer(state.rollout, rollout), devices };
    if (this.#cancelCatchUp) this.#isBehind = true;
    else this.#schedule();
  }

  close(): void {
    this.#cancelCatchUp?.();
    this.#abort.abort();
  }

  #schedule(): void {
    this.#cancelCatchUp = this.#clock.after(CATCH_UP_MS, () => void this.#catchUp());
  }

  async #catchUp(): Promise<void> {
    this.#isBehind = false;
    const mine = this.#generation;
    try {
      const known = this.#state.value.history;
      const [waves, history] = await Promise.all([
        this.#api.rolloutWaves(this.#id, this.#abort.signal),
        this.#readHistory(known),
      ]);
      // A whole reading that began meanwhile knows better.
      if (mine !== this.#generation || this.#abort.signal.aborted) return;
      this.#state.value = { ...this.#state.value, waves, history };
    } catch {
      // The next change, or the next reconnect, reads it again.
    } finally {
      this.#cancelCatchUp = undefined;
      if (this.#isBehind && !this.#abort.signal.aborted) this.#schedule();
    }
  }

  async #readHistory(known: readonly RolloutEvent[]): Promise<readonly RolloutEvent[]> {
    const read = (cursor: string | undefined) =>
      this.#api.rolloutHistory(this.#id, { cursor, limit: PAGE }, this.#abort.signal);
    const fresh = await this.#readAll(read, MAX_HISTORY - known.length, known.at(-1)?.id);
    return fresh.length === 0 ? known : [...known, ...fresh];
  }

  async #readAll<T>(
    read: (cursor: string | undefined) => Promise<{ readonly items: readonly T[]; readonly next?: string | undefined }>,
    cap: number,
    from?: string,
  ): Promise<readonly T[]> {
    const all: T[] = [];
    for (let cursor = from, isFirst = true; (isFirst || cursor !== undefined) && all.length < cap; isFirst = false) {
      const page = await read(cursor);
      all.push(...page.items.slice(0, cap - all.length));
      cursor = page.items.length > 0 ? page.next : undefined;
    }
    return all;
  }
}

function newer(known: Rollout | undefined, read: Rollout): Rollout {
  return known && known.changedAt > read.changedAt ? known : read;
}
