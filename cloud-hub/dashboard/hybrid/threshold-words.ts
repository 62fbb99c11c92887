/** What the Hybrid page says of a threshold. Pure. */
import { type Automatic, automatic, type StreamThresholds, type ThresholdAdvice } from '../../contract/threshold.ts';
import { percent, whole } from '../ui/format.ts';

type At = NonNullable<ThresholdAdvice['today']>;

/** "0.45: 75% right (69–80%)". */
export function precisionText({ threshold, precision: { share, from, to } }: At): string {
  return `${threshold}: ${percent(share)} right (${whole(from * 100)}–${percent(to)})`;
}

/** What is lost and what goes with the proposed threshold. */
export function changeText({ proposed, events, change = 0 }: ThresholdAdvice): string {
  if (!proposed) return '';
  const kept = `keeps ${percent(proposed.kept.share)} of the right objects`;
  const objects = `${percent(Math.abs(change))} ${change < 0 ? 'fewer' : 'more'} objects; ${kept}`;
  if (!events || events.wrong + events.right === 0) return objects;
  const { wrong, wrongLeft, right, rightLeft } = events;
  return `${objects}; of the events that were judged, ${whole(wrong - wrongLeft)} of ${whole(wrong)} wrong ones go, and ${whole(right - rightLeft)} of ${whole(right)} right ones`;
}

/** What the device is told when a proposal is applied: it, and what was in force of other labels. */
export function withProposal({ model, inForce }: StreamThresholds, { label, proposed }: ThresholdAdvice) {
  const held = inForce && inForce.model === model ? inForce.labels : {};
  return {
    labels: { ...held, ...(proposed ? { [label]: proposed.threshold } : {}) },
    ...(model === undefined ? {} : { model }),
  };
}

/** "In force: person 0.6." */
export function inForceText({ inForce, model }: StreamThresholds): string {
  if (!inForce) return 'In force: the threshold of the device’s own configuration.';
  const labels = Object.entries(inForce.labels).map(([label, value]) => `${label} ${value}`);
  const other =
    inForce.model === model
      ? ''
      : `, for ${inForce.model}; the stream runs ${model ?? 'another model'} now, so its own threshold holds`;
  return `In force: ${labels.join(', ')}${other}.`;
}

type Fields = Readonly<Record<'precision' | 'min' | 'max' | 'maxStep', string>>;

/** Bounds as somebody typed them, and what is wrong with which field. */
export function boundsOf(fields: Fields): { bounds?: Automatic; complaints: Partial<Record<string, string>> } {
  const numbers = Object.entries(fields).map(([key, text]) => [key, text.trim() === '' ? Number.NaN : Number(text)]);
  const read = automatic.safeParse(Object.fromEntries(numbers));
  if (read.success) return { bounds: read.data, complaints: {} };
  return { complaints: Object.fromEntries(read.error.issues.map((one) => [String(one.path[0]), one.message])) };
}
