/** Tuned thresholds, as part of the desired document of a device, with the hub's own notes beside them: the way back, and the bounds. Pure. */
import { z } from 'zod';
import { type Desired, type TunedThresholds, tunedThresholds } from '../../shared/contract/messages/desired.ts';
import { digestOf } from '../../shared/kit/digest.ts';
import { stableJson } from '../../shared/kit/stable-json.ts';
import { automatic } from '../contract/threshold.ts';

/** Changes that can be undone, the newest last; the oldest are forgotten. */
export const MOST_PAST = 10;
/** Streams of a device that may be tuned. */
export const MOST_TUNED = 256;

const held = z.object({ model: tunedThresholds.shape.model, labels: tunedThresholds.shape.labels });
const tuning = held.extend({
  at: z.number().describe('milliseconds since 1970'),
  by: z.string(),
  past: z.array(held).max(MOST_PAST),
  automatic: automatic.optional(),
});
export type Tuning = z.infer<typeof tuning>;

export function tuningOf(document: Desired | undefined, stream: string): Tuning | undefined {
  const all = document?.thresholds ?? {};
  return Object.hasOwn(all, stream) ? tuning.parse(all[stream]) : undefined;
}

/** @param next undefined: nothing is known of the stream any more @returns the same document when nothing changes */
export function withTuning(document: Desired | undefined, stream: string, next: Tuning | undefined): Desired {
  const { revision: _old, models = {}, thresholds: before = {}, ...rest } = document ?? {};
  const others = Object.entries(before).filter(([other]) => other !== stream);
  const all: Record<string, TunedThresholds> = Object.fromEntries(next ? [...others, [stream, next]] : others);
  const content = { ...rest, models, ...(Object.keys(all).length > 0 ? { thresholds: all } : {}) };
  const revision = digestOf(stableJson(content));
  return document?.revision === revision ? document : { ...content, revision };
}

/** @returns undefined: nothing changes */
export function applied(
  before: Tuning | undefined,
  { model, labels }: { readonly model: string; readonly labels: Tuning['labels'] },
  act: Pick<Tuning, 'at' | 'by'>,
): Tuning | undefined {
  if (before?.model === model && stableJson(before.labels) === stableJson(labels)) return undefined;
  const past = [...(before?.past ?? []), heldOf(before)].slice(-MOST_PAST);
  return { ...kept(before), ...act, model, labels, past };
}

/** The way back; it ends the automatic mode, which would go the same way again. @returns undefined: there is nothing to undo */
export function undone({ past }: Tuning, act: Pick<Tuning, 'at' | 'by'>): Tuning | undefined {
  const last = past.at(-1);
  return last && { ...last, ...act, past: past.slice(0, -1) };
}

/** What the device's own configuration says holds again; it can be undone. */
export function cleared(before: Tuning, act: Pick<Tuning, 'at' | 'by'>): Tuning | undefined {
  if (before.model === undefined && !before.automatic) return undefined;
  const past = before.model === undefined ? before.past : [...before.past, heldOf(before)].slice(-MOST_PAST);
  return { ...act, labels: {}, past };
}

export function withAutomatic(
  before: Tuning | undefined,
  policy: Tuning['automatic'],
  act: Pick<Tuning, 'at' | 'by'>,
): Tuning {
  const { automatic: _old, ...rest } = before ?? { labels: {}, past: [], ...act };
  return { ...rest, ...(policy ? { automatic: policy } : {}) };
}

const heldOf = (before: Tuning | undefined): z.infer<typeof held> => ({
  ...(before?.model === undefined ? {} : { model: before.model }),
  labels: before?.labels ?? {},
});
const kept = (before: Tuning | undefined) => (before?.automatic ? { automatic: before.automatic } : {});
