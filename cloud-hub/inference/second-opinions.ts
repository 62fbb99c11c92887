/**
 * Second opinions: takes samples in, has the bigger model look at them one by one, stores the verdict and sends it back.
 *
 * Invariants:
 * 1. A sample of a device is decided once. One that comes again gets the verdict that is stored.
 * 2. Whatever comes is answered, if it says its id: by a verdict, or by `refused` with the reason.
 * 3. What waits is bounded, per device and in all, in number and in bytes; so is what a device may ask per hour.
 * 4. A verdict is stored before it is sent; what is sent and lost is asked for again by the device.
 */
import { encode } from '../../shared/contract/codec.ts';
import type { Verdict } from '../../shared/contract/messages/verdict.ts';
import { clipped } from '../../shared/contract/names.ts';
import { bareJpeg } from '../../shared/engine/frames/jpeg.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { HOUR_MS } from '../../shared/kit/durations.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { Logger } from '../../shared/kit/log.ts';
import type { Hybrid } from '../contract/opinion.ts';
import type { HubMetrics } from '../metrics.ts';
import type { NewOpinion } from '../store/opinions.ts';
import type { PictureLimits, SamplePicture } from '../store/sample-pictures.ts';
import type { HubStore } from '../store/store.ts';
import { judge } from './judge.ts';
import type { LabelMap } from './labels.ts';
import type { ChosenModel, ModelHolder } from './model.ts';
import { type OpenedSample, openSample, type Refused } from './open-sample.ts';
import { inSource, opinionOf, verdictOf } from './opinion-of.ts';
import { createFairQueue } from './queue.ts';
import type { Looker } from './runner.ts';

export interface SecondOpinionOptions {
  readonly store: Pick<HubStore, 'opinions' | 'samplePictures' | 'transact'>;
  /** How much is kept for the dataset. */
  readonly pictures: PictureLimits;
  /** Undefined: nobody has named a model. */
  readonly model: ModelHolder | undefined;
  readonly looker: Looker;
  readonly labels: LabelMap;
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
const WAIT_BUSY_S = 30;

interface Waiting {
  readonly device: string;
  readonly sample: OpenedSample;
}

type Why = 'malformed' | 'no model' | 'busy' | 'too many' | 'no common label' | 'picture' | 'model' | 'engine';

export function createSecondOpinions(options: SecondOpinionOptions): SecondOpinions {
  const { store, metrics, labels, clock, log } = options;
  const queue = createFairQueue<Waiting>(BOUNDS);
  const refused: Partial<Record<Why, number>> = {};
  const asked = new Map<string, { since: number; count: number }>();
  const idle: (() => void)[] = [];
  let using: ChosenModel | undefined;
  let failure: string | undefined;
  let working = false;
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

  const decide = async ({ device, sample }: Waiting): Promise<void> => {
    const { header, jpeg, bytes } = sample;
    const { id } = header;
    const known = store.opinions.get(device, id);
    if (known) return say(device, verdictOf(known));
    let model: ChosenModel;
    try {
      if (!options.model) throw new Error('this hub has no model for second opinions');
      model = await options.model.get();
      using = model;
      failure = undefined;
    } catch (error) {
      failure = messageOf(error);
      return refuse(device, { id, reason: failure }, 'no model', WAIT_WITHOUT_MODEL_S);
    }
    const answer = await options.looker.look(model, jpeg);
    if (answer.type === 'failed') {
      const { why, message } = answer;
      if (why === 'model' || why === 'engine') failure = message;
      const waitS = 'waitS' in answer ? answer.waitS : why === 'model' ? WAIT_WITHOUT_MODEL_S : undefined;
      return refuse(device, { id, reason: `${why}: ${message}` }, why, waitS);
    }
    const misfit = labels.problemWith(model.name, answer.labels);
    if (misfit !== undefined) {
      failure = misfit;
      return refuse(device, { id, reason: misfit }, 'no common label', WAIT_WITHOUT_MODEL_S);
    }
    const foreign = labels.foreign(header, model.name, answer.labels);
    if (foreign !== undefined) return refuse(device, { id, reason: foreign }, 'no common label');
    const found = answer.detections.map((object) => ({ ...object, box: inSource(object.box, header.region) }));
    const seen = labels.translate(header, found);
    const judged = judge(header, seen);
    const at = clock.wall();
    const opinion = opinionOf(device, sample, judged, seen, { model: answer.model, ms: answer.ms, bytes, at });
    keep(opinion, { ...sample.size, at, region: header.region, hash: answer.hash, jpeg: bareJpeg(jpeg) });
  };

  const keep = (opinion: NewOpinion, picture: Omit<SamplePicture, 'opinion'>) => {
    const { device, sample, outcome } = opinion;
    const isNew = store.transact(() => {
      const row = store.opinions.add(opinion);
      if (row !== undefined) store.samplePictures.add({ ...picture, opinion: row }, options.pictures);
      return row !== undefined;
    });
    const stored = store.opinions.get(device, sample);
    if (!stored) return;
    say(device, verdictOf(stored));
    if (!isNew) return;
    metrics.samples.inc({ outcome });
    for (const event of store.opinions.eventsOf(device, sample)) options.amended(event, device);
  };

  const cancelPrune = clock.every(HOUR_MS, () => {
    store.transact(() => store.samplePictures.prune(clock.wall(), options.pictures));
  });

  const work = async () => {
    if (working) return;
    working = true;
    for (let next = queue.next(); next && !stopped; next = queue.next()) {
      const { device } = next;
      await decide(next).catch((error: unknown) =>
        // The device asks again.
        log.error({ device, err: error }, 'a second opinion failed'),
      );
    }
    working = false;
    for (const resolve of idle.splice(0)) resolve();
  };

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
      if (!queue.offer(device, opened.bytes, { device, sample: opened }))
        return refuse(device, { id, reason: 'too many samples wait' }, 'busy', WAIT_BUSY_S);
      void work();
    },
    state: () => ({
      ...(using ? { model: using.name } : {}),
      ...(options.model ? { wanted: options.model.wanted } : {}),
      state: !options.model ? 'off' : failure !== undefined ? 'failed' : using ? 'ready' : 'waiting',
      ...(failure === undefined ? {} : { reason: failure }),
      waiting: queue.size,
      refused: { ...refused },
    }),
    drained: () => (working ? new Promise((resolve) => idle.push(resolve)) : Promise.resolve()),
    async stop() {
      stopped = true;
      cancelPrune();
      await options.looker.stop();
    },
  };
}
