/**
 * The samples of one model: they wait in a fair queue, go to its process together as far as the model gains by it, and each gets what
 * was found, out of the cache where the same picture was looked at before.
 *
 * Invariants:
 * 1. One run at a time. A sample that could run waits at most `waitMs` for company, and only where the model gains by it.
 * 2. Each sample that was admitted gets one answer, in whatever company it ran.
 * 3. A sample is not admitted where those before it would take longer than `MOST_WAIT_MS`, by the mean of the last ones.
 */
import type { Cancel, Clock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import { type AnswerCache, cacheKey } from './answer-cache.ts';
import type { Batching } from './batching.ts';
import type { ChosenModel, ModelHolder } from './model.ts';
import { createFairQueue, type QueueBounds } from './queue.ts';
import type { LookAnswer, Looker } from './runner.ts';

export interface LaneOptions<T> {
  readonly model: ModelHolder;
  readonly looker: Looker;
  readonly cache: AnswerCache;
  readonly bounds: QueueBounds;
  /** Most time that a sample waits for others. */
  readonly waitMs: number;
  readonly clock: Clock;
  jpegOf(item: T): Uint8Array;
  /** Needs no look: it has its answer already. */
  isDone(item: T): Promise<boolean>;
  answered(item: T, model: ChosenModel, answer: LookAnswer): Promise<void>;
  /** There is no model. */
  missing(item: T, reason: string): void;
  /** A defect of ours: the device asks again. */
  defect(error: unknown): void;
}

export interface Lane<T> {
  /** @returns seconds after which it is worth to ask again; undefined: it waits for its answer */
  offer(device: string, bytes: number, item: T): number | undefined;
  readonly waiting: number;
  readonly answered: number;
  readonly batching: Batching | undefined;
  /** Of the last time that it was asked. */
  readonly model: ChosenModel | undefined;
  readonly failure: string | undefined;
  fail(reason: string): void;
  drained(): Promise<void>;
  stop(): Promise<void>;
}

export const MOST_WAIT_MS = 60_000;
const WAIT_BUSY_S = 30;
/** Of the mean of a sample's time: the weight of the last run. */
const NEWS = 0.2;

export function createLane<T>(options: LaneOptions<T>): Lane<T> {
  const { looker, cache, clock } = options;
  const queue = createFairQueue<T>(options.bounds);
  const idle: (() => void)[] = [];
  let [working, stopped] = [false, false];
  let using: ChosenModel | undefined;
  let failure: string | undefined;
  let answered = 0;
  let msEach: number | undefined;
  let joined: (() => void) | undefined;

  const together = () => looker.batching?.most ?? 1;

  /** Until enough have come, or the time is over. */
  const company = () =>
    new Promise<void>((resolve) => {
      let cancel: Cancel = () => undefined;
      joined = () => {
        joined = undefined;
        cancel();
        resolve();
      };
      cancel = clock.after(options.waitMs, () => joined?.());
    });

  const take = (): T[] => {
    const items: T[] = [];
    for (let next = queue.next(); next !== undefined; next = items.length < together() ? queue.next() : undefined)
      items.push(next);
    return items;
  };

  const decide = async (items: readonly T[]): Promise<void> => {
    const open: T[] = [];
    for (const item of items) if (!(await options.isDone(item))) open.push(item);
    if (open.length === 0) return;
    let model: ChosenModel;
    try {
      model = await options.model.get();
      using = model;
      failure = undefined;
    } catch (error) {
      failure = messageOf(error);
      for (const item of open) options.missing(item, failure);
      return;
    }
    const answers = await lookAt(model, open.map(options.jpegOf));
    for (const [index, item] of open.entries()) {
      const answer = answers[index];
      if (!answer) continue;
      if (answer.type === 'failed' && (answer.why === 'model' || answer.why === 'engine')) failure = answer.message;
      if (answer.type === 'seen') answered++;
      await options.answered(item, model, answer).catch(options.defect);
    }
  };

  /** What a serving engine runs may change without a new digest: it is asked each time. */
  const lookAt = async (model: ChosenModel, jpegs: readonly Uint8Array[]): Promise<(LookAnswer | undefined)[]> => {
    const keys = jpegs.map((jpeg) => cacheKey(model.digest, jpeg));
    const known = new Map<string, LookAnswer>();
    const missing = new Map<string, Uint8Array>();
    for (const [index, key] of keys.entries()) {
      const seen = model.served ? undefined : cache.get(key);
      const jpeg = jpegs[index];
      if (seen) known.set(key, { ...seen, ms: 0 });
      else if (jpeg) missing.set(key, jpeg);
    }
    if (missing.size > 0) {
      const began = clock.mono();
      const found = await looker.look(model, [...missing.values()]);
      const each = (clock.mono() - began) / missing.size;
      msEach = msEach === undefined ? each : msEach + NEWS * (each - msEach);
      for (const [index, key] of [...missing.keys()].entries()) {
        const answer = found[index];
        if (!answer) continue;
        known.set(key, answer);
        if (answer.type === 'seen' && !model.served) cache.put(key, answer);
      }
    }
    return keys.map((key) => known.get(key));
  };

  const work = async () => {
    if (working) return;
    working = true;
    while (queue.size > 0 && !stopped) {
      if (queue.size < together()) await company();
      if (!stopped) await decide(take()).catch(options.defect);
    }
    working = false;
    for (const resolve of idle.splice(0)) resolve();
  };

  return {
    offer(device, bytes, item) {
      const waitMs = queue.size * (msEach ?? 0);
      if (waitMs > MOST_WAIT_MS || !queue.offer(device, bytes, item))
        return Math.max(WAIT_BUSY_S, Math.ceil(waitMs / 1000));
      if (queue.size >= together()) joined?.();
      work().catch(options.defect);
      return undefined;
    },
    get waiting() {
      return queue.size;
    },
    get answered() {
      return answered;
    },
    get batching() {
      return looker.batching;
    },
    get model() {
      return using;
    },
    get failure() {
      return failure;
    },
    fail(reason) {
      failure = reason;
    },
    drained: () => (working ? new Promise((resolve) => idle.push(resolve)) : Promise.resolve()),
    async stop() {
      stopped = true;
      joined?.();
      await looker.stop();
    },
  };
}
