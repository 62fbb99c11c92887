/**
 * Thresholds of streams, tuned from second opinions: proposed, set by an operator or by the hub itself within his bounds, undone. They are
 * part of the desired document of the device, and each change is an entry of the audit, in one transaction with it.
 */

import { inBackground } from '../../shared/kit/background.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { HOUR_MS } from '../../shared/kit/durations.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { Logger } from '../../shared/kit/log.ts';
import type { Automatic, StreamThresholds } from '../contract/threshold.ts';
import type { Act } from '../store/audit.ts';
import { isoTime } from '../store/rows.ts';
import type { HubStore } from '../store/store.ts';
import { tunedWithin } from './automatic-thresholds.ts';
import { adviseThresholds, isChance, modelAskedAbout } from './thresholds.ts';
import {
  applied,
  cleared,
  MOST_TUNED,
  type Tuning,
  tuningOf,
  undone,
  withAutomatic,
  withTuning,
} from './tuned-document.ts';

/** What is older says less of the scene and the models of today. */
export const MOST_OPINIONS = 5000;

export interface TuningOptions {
  readonly store: Pick<HubStore, 'opinions' | 'desired' | 'audit' | 'transact'>;
  /** Sends a device its document. */
  readonly publishDesired: (device: string) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

const FULL = `thresholds of ${MOST_TUNED} streams of this device are set already`;

/** A stream of a device. */
export interface Tuned {
  readonly device: string;
  readonly stream: string;
}

export interface ThresholdTuning {
  read(of: Tuned, precision: number): Promise<StreamThresholds>;
  /** @returns why not; undefined: they hold */
  apply(
    of: Tuned,
    wanted: { readonly labels: Tuning['labels']; readonly model?: string | undefined },
    act: Act,
  ): Promise<string | undefined>;
  undo(of: Tuned, act: Act): Promise<string | undefined>;
  clear(of: Tuned, act: Act): Promise<void>;
  /** @param policy undefined: nothing is changed without a person any more */
  automate(of: Tuned, policy: Automatic | undefined, act: Act): Promise<string | undefined>;
  stop(): Promise<void>;
}

type Change = (before: Tuning | undefined, act: { readonly at: number; readonly by: string }) => Tuning | undefined;

export function createThresholdTuning({ store, publishDesired, clock, log }: TuningOptions): ThresholdTuning {
  const spoken = ({ device, stream }: Tuned) => store.opinions.spoken(device, stream, MOST_OPINIONS);

  /** @returns did anything change? */
  const change = async ({ device, stream }: Tuned, act: Act, action: string, next: Change): Promise<boolean> => {
    const isChanged = await store.transact(async (tx) => {
      const document = await tx.desired.get(device);
      const before = tuningOf(document, stream);
      const after = next(before, { at: act.at, by: act.actor });
      if (!after) return false;
      const isEmpty = after.model === undefined && after.past.length === 0 && !after.automatic;
      const changed = withTuning(document, stream, isEmpty ? undefined : after);
      if (changed === document) return false;
      await tx.desired.set(device, changed, act.at);
      const detail = { stream, model: after.model ?? null, labels: after.labels, automatic: after.automatic ?? null };
      await tx.audit.add(act, action, device, { ...detail, before: before?.labels ?? {} });
      return true;
    });
    if (isChanged) publishDesired(device);
    return isChanged;
  };

  const adviceOf = async (of: Tuned, precision: number) => {
    const opinions = await spoken(of);
    const tuning = tuningOf(await store.desired.get(of.device), of.stream);
    return { opinions, tuning, items: adviseThresholds(opinions, precision, tuning), model: modelAskedAbout(opinions) };
  };

  /** One stream, by its own bounds. */
  const tune = async (of: Tuned, policy: Automatic): Promise<void> => {
    const { items, model, tuning } = await adviceOf(of, policy.precision);
    if (model === undefined) return;
    const held = tuning?.model === model ? tuning.labels : {};
    const labels = tunedWithin(items, held, policy);
    if (labels === held) return;
    const act = { at: clock.wall(), actor: 'hub' };
    if (await change(of, act, 'thresholds.tune', (before, by) => applied(before, { model, labels }, by)))
      log.info({ ...of, labels }, 'thresholds were tuned from second opinions');
  };

  const isFull = async ({ device, stream }: Tuned) => {
    const tuned = Object.keys((await store.desired.get(device))?.thresholds ?? {});
    return tuned.length >= MOST_TUNED && !tuned.includes(stream);
  };

  const tuneAll = async () => {
    for await (const { device, document } of store.desired.all())
      for (const stream of Object.keys(document.thresholds ?? {})) {
        try {
          const policy = tuningOf(document, stream)?.automatic;
          if (policy) await tune({ device, stream }, policy);
        } catch (error) {
          log.warn({ device, stream, err: error }, `thresholds could not be tuned: ${messageOf(error)}`);
        }
      }
  };
  const cancel = clock.every(HOUR_MS, () => inBackground(log, 'thresholds could not be tuned', tuneAll));

  return {
    async read(of, precision) {
      const { opinions, tuning, items, model } = await adviceOf(of, precision);
      const { model: tunedFor, labels = {}, at = 0, by = '', past = [], automatic } = tuning ?? {};
      return {
        ...of,
        precision,
        ...(model === undefined ? {} : { model }),
        ...(tunedFor === undefined ? {} : { inForce: { model: tunedFor, labels, at: isoTime(at), by } }),
        canUndo: past.length > 0,
        ...(automatic ? { automatic } : {}),
        frames: opinions.filter(isChance).length,
        items,
      };
    },
    async apply(of, { labels, model: expected }, act) {
      const asked = modelAskedAbout(await spoken(of));
      const model = asked ?? expected;
      if (model === undefined)
        return `no second opinion on stream "${of.stream}" of "${of.device}" has come, so the hub does not know for which model these thresholds are: give \`model\`, name@version`;
      if (expected !== undefined && expected !== model)
        return `the proposal was about ${expected}, and ${model} is asked about by now: look at the proposal of now`;
      if (await isFull(of)) return FULL;
      await change(of, act, 'thresholds.apply', (before, by) => applied(before, { model, labels }, by));
      return undefined;
    },
    async undo(of, act) {
      const isUndone = await change(of, act, 'thresholds.undo', (before, by) => before && undone(before, by));
      return isUndone ? undefined : `there is no change of the thresholds of stream "${of.stream}" to undo`;
    },
    async clear(of, act) {
      await change(of, act, 'thresholds.clear', (before, by) => before && cleared(before, by));
    },
    async automate(of, policy, act) {
      if (policy && (await isFull(of))) return FULL;
      await change(of, act, 'thresholds.automate', (before, by) => withAutomatic(before, policy, by));
      if (policy) await tune(of, policy);
      return undefined;
    },
    stop() {
      cancel();
      return Promise.resolve();
    },
  };
}
