/**
 * Second opinions: takes samples in, has the bigger model that is chosen for each look at it, stores the verdict and sends it back.
 *
 * Invariants:
 * 1. A sample of a device is decided once. One that comes again gets the verdict that is stored.
 * 2. Whatever comes is answered, if it says its id: by a verdict, or by `refused` with the reason.
 * 3. What waits is bounded, per device and in all, in number and in bytes; so is what a device may ask per hour.
 * 4. A verdict is stored before it is sent; what is sent and lost is asked for again by the device.
 */
import { encode } from '../../shared/contract/codec.ts';
import type { SampleHeader } from '../../shared/contract/messages/sample.ts';
import type { Verdict } from '../../shared/contract/messages/verdict.ts';
import { clipped } from '../../shared/contract/names.ts';
import { bareJpeg } from '../../shared/engine/frames/jpeg.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { HOUR_MS } from '../../shared/kit/durations.ts';
import type { Logger } from '../../shared/kit/log.ts';
import type { Hybrid } from '../contract/opinion.ts';
import type { HubMetrics } from '../metrics.ts';
import type { NewOpinion } from '../store/opinions.ts';
import type { PictureLimits, SamplePicture } from '../store/sample-pictures.ts';
import type { HubStore } from '../store/store.ts';
import type { AnswerCache } from './answer-cache.ts';
import { judge } from './judge.ts';
import type { LabelMap } from './labels.ts';
import { createLane, type Lane } from './lane.ts';
import type { ChosenModel, ModelHolder } from './model.ts';
import { type OpenedSample, openSample, type Refused } from './open-sample.ts';
import { inSource, opinionOf, verdictOf } from './opinion-of.ts';
import type { LookAnswer, Looker } from './runner.ts';

/** A model, the process that runs it, and how its labels are read. */
export interface OpinionModel {
  readonly holder: ModelHolder;
  readonly looker: Looker;
  readonly labels: LabelMap;
}

export interface SecondOpinionOptions {
  readonly store: Pick<HubStore, 'opinions' | 'samplePictures' | 'transact'>;
  /** How much is kept for the dataset. */
  readonly pictures: PictureLimits;
  /** The one for all that no rule names first; empty: nobody has named a model. */
  readonly models: readonly OpinionModel[];
  /** @returns `wanted` of one of `models` */
  choose(device: string, header: SampleHeader): string;
  readonly cache: AnswerCache;
  /** Most time that a sample waits for others, to run with them. */
  readonly waitMs: number;
  send(device: string, payload: Buffer): void;
  /** An event of this row has its verdict now. */
  amended(event: number, device: string): void;
  readonly metrics: HubMetrics;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface SecondOpinions {
  /** @param payload of `up/sample` */
  offer(device: string, payload: Uint8Array): void;
  state(): Omit<Hybrid, 'streams' | 'asking'>;
  /** Resolves when nothing waits. */
  drained(): Promise<void>;
  stop(): Promise<void>;
}

const BOUNDS = { perDevice: 8, items: 64, bytes: 32 * 2 ** 20 } as const;
/** Of a device; its own budget is far below. */
const MOST_PER_HOUR = 2000;
const WAIT_WITHOUT_MODEL_S = 600;

interface Waiting {
  readonly device: string;
  readonly sample: OpenedSample;
}

type Why = 'malformed' | 'no model' | 'busy' | 'too many' | 'no common label' | 'picture' | 'model' | 'engine';

export function createSecondOpinions(options: SecondOpinionOptions): SecondOpinions {
  const { store, metrics, cache, clock, log } = options;
  const refused: Partial<Record<Why, number>> = {};
  const asked = new Map<string, { since: number; count: number }>();
  let stopped = false;

  const say = (device: string, verdict: Verdict) => options.send(device, encode(verdict));

  const refuse = (device: string, { id, reason }: Refused, why: Why, waitS?: number) => {
    refused[why] = (refused[why] ?? 0) + 1;
    metrics.samples.inc({ outcome: 'refused' });
    if (id !== undefined)
      say(device, {
        sample: id,
        outcome: 'refused',
        reason: clipped(reason),
        ...(waitS === undefined ? {} : { waitS }),
      });
  };

  /** A window per device, forgotten when it is over. */
  const isTooMany = (device: string): boolean => {
    const now = clock.mono();
    for (const [other, { since }] of asked) {
      if (now - since < HOUR_MS) break;
      asked.delete(other);
    }
    const window = asked.get(device) ?? { since: now, count: 0 };
    asked.set(device, window);
    return ++window.count > MOST_PER_HOUR;
  };

  const known = async ({ device, sample }: Waiting): Promise<boolean> => {
    const stored = await store.opinions.get(device, sample.header.id);
    if (stored) say(device, verdictOf(stored));
    return stored !== undefined;
  };

  const answered = async (
    { device, sample }: Waiting,
    { model, labels, lane }: { model: ChosenModel; labels: LabelMap; lane: Lane<Waiting> },
    answer: LookAnswer,
  ): Promise<void> => {
    const { header, jpeg, bytes } = sample;
    const { id } = header;
    if (answer.type === 'failed') {
      const { why, message } = answer;
      const waitS = 'waitS' in answer ? answer.waitS : why === 'model' ? WAIT_WITHOUT_MODEL_S : undefined;
      refuse(device, { id, reason: `${why}: ${message}` }, why, waitS);
      return;
    }
    const misfit = labels.problemWith(model.name, answer.labels);
    if (misfit !== undefined) {
      lane.fail(misfit);
      refuse(device, { id, reason: misfit }, 'no common label', WAIT_WITHOUT_MODEL_S);
      return;
    }
    const foreign = labels.foreign(header, model.name, answer.labels);
    if (foreign !== undefined) {
      refuse(device, { id, reason: foreign }, 'no common label');
      return;
    }
    const found = answer.detections.map((object) => ({ ...object, box: inSource(object.box, header.region) }));
    const seen = labels.translate(header, found);
    const judged = judge(header, seen);
    const at = clock.wall();
    const opinion = opinionOf(device, sample, judged, seen, { model: answer.model, ms: answer.ms, bytes, at });
    await keep(opinion, { ...sample.size, at, region: header.region, hash: answer.hash, jpeg: bareJpeg(jpeg) });
  };

  /** The bytes that wait are bounded over all models together. */
  const bounds = { ...BOUNDS, bytes: BOUNDS.bytes / Math.max(1, options.models.length) };
  const lanes = new Map(
    options.models.map(({ holder, looker, labels }) => {
      const lane: Lane<Waiting> = createLane<Waiting>({
        ...{ model: holder, looker, cache, bounds, waitMs: options.waitMs, clock },
        jpegOf: ({ sample }) => sample.jpeg,
        isDone: known,
        answered: (item, model, answer) => answered(item, { model, labels, lane }, answer),
        missing: ({ device, sample }, reason) =>
          refuse(device, { id: sample.header.id, reason }, 'no model', WAIT_WITHOUT_MODEL_S),
        defect: (error) => log.error({ err: error }, 'a second opinion failed'),
      });
      return [holder.wanted, lane] as const;
    }),
  );

  const keep = async (opinion: NewOpinion, picture: Omit<SamplePicture, 'opinion'>) => {
    const { device, sample, outcome } = opinion;
    const isNew = await store.transact(async (tx) => {
      const row = await tx.opinions.add(opinion);
      if (row !== undefined) await tx.samplePictures.add({ ...picture, opinion: row }, options.pictures);
      return row !== undefined;
    });
    const stored = await store.opinions.get(device, sample);
    if (!stored) return;
    say(device, verdictOf(stored));
    if (!isNew) return;
    metrics.samples.inc({ outcome });
    for (const event of await store.opinions.eventsOf(device, sample)) options.amended(event, device);
  };

  const cancelPrune = clock.every(HOUR_MS, () => {
    store
      .transact(async (tx) => tx.samplePictures.prune(clock.wall(), options.pictures))
      .catch((error: unknown) => log.error({ err: error }, 'old pictures of samples could not be removed'));
  });

  const models = (): Hybrid['models'] =>
    [...lanes].map(([wanted, { model, failure, waiting, answered: count, batching }]) => ({
      wanted,
      ...(model ? { model: model.name } : {}),
      state: failure !== undefined ? 'failed' : model ? 'ready' : 'waiting',
      ...(failure === undefined ? {} : { reason: failure }),
      waiting,
      answered: count,
      ...(batching ? { batching } : {}),
    }));

  return {
    offer(device, payload) {
      if (stopped) return;
      const opened = openSample(payload);
      if (!('header' in opened)) return refuse(device, opened, 'malformed');
      const { id } = opened.header;
      if (isTooMany(device))
        return refuse(
          device,
          { id, reason: `more than ${MOST_PER_HOUR} samples in an hour` },
          'too many',
          HOUR_MS / 1000,
        );
      const lane = lanes.get(options.choose(device, opened.header));
      if (!lane)
        return refuse(
          device,
          { id, reason: 'this hub has no model for second opinions' },
          'no model',
          WAIT_WITHOUT_MODEL_S,
        );
      const waitS = lane.offer(device, opened.bytes, { device, sample: opened });
      if (waitS !== undefined) refuse(device, { id, reason: 'too many samples wait' }, 'busy', waitS);
    },
    state() {
      const all = models();
      const [first] = all;
      const failed = all.find(({ state }) => state === 'failed');
      const { wanted, model } = failed ?? first ?? {};
      return {
        ...(model === undefined ? {} : { model }),
        ...(wanted === undefined ? {} : { wanted }),
        state: failed ? 'failed' : !first ? 'off' : all.some(({ state }) => state === 'ready') ? 'ready' : 'waiting',
        ...(failed?.reason === undefined ? {} : { reason: failed.reason }),
        waiting: all.reduce((sum, { waiting }) => sum + waiting, 0),
        refused: { ...refused },
        models: all,
        cache: cache.counts,
      };
    },
    async drained() {
      await Promise.all([...lanes.values()].map((lane) => lane.drained()));
    },
    async stop() {
      stopped = true;
      cancelPrune();
      await Promise.all([...lanes.values()].map((lane) => lane.stop()));
    },
  };
}
