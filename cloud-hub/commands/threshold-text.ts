/** What `vedette-hub threshold propose` prints. Pure. */
import type { StreamThresholds, ThresholdAdvice } from '../contract/threshold.ts';

/** What is proposed, by label. */
export function proposedLabels({ items }: StreamThresholds): Record<string, number> {
  return Object.fromEntries(items.flatMap(({ label, proposed }) => (proposed ? [[label, proposed.threshold]] : [])));
}

export function textOf({ device, stream, precision, frames, inForce, automatic, items }: StreamThresholds): string {
  const head = `${device} / ${stream}: ${frames} frames that chance chose, wanted precision ${percent(precision)}\n`;
  const set = inForce
    ? `set by ${inForce.by} at ${inForce.at}, for ${inForce.model}: ${labelsOf(inForce.labels)}\n`
    : '';
  const tuned = automatic
    ? `tuned by the hub to ${percent(automatic.precision)}, between ${automatic.min} and ${automatic.max}\n`
    : '';
  const nothing = 'nothing is known yet: no frame that the hub answered shows an object\n';
  return head + set + tuned + (items.length === 0 ? nothing : items.map(adviceText).join(''));
}

function adviceText({ label, today, proposed, change, events, reason }: ThresholdAdvice): string {
  const lines = [`${label}: ${proposed ? `threshold ${proposed.threshold}` : 'no proposal'}. ${reason}`];
  for (const [word, one] of [
    ['today', today],
    ['then', proposed],
  ] as const) {
    if (!one) continue;
    const { precision: p, kept } = one;
    lines.push(
      `  ${word.padEnd(5)} ${percent(p.share)} right (${percent(p.from)} to ${percent(p.to)}, n = ${p.n}), keeps ${percent(kept.share)} of the right ones`,
    );
  }
  if (change !== undefined)
    lines.push(`  objects: ${percent(Math.abs(change))} ${change < 0 ? 'fewer' : 'more'} than today`);
  if (events && events.wrong + events.right > 0)
    lines.push(
      `  of events that hub or operator judged: ${events.wrongLeft} of ${events.wrong} wrong ones and ${events.rightLeft} of ${events.right} right ones are left`,
    );
  return `${lines.join('\n')}\n`;
}

const labelsOf = (labels: Readonly<Record<string, number>>) =>
  Object.entries(labels)
    .map(([label, value]) => `${label} ${value}`)
    .join(', ') || 'none';

const percent = (share: number) => `${Math.round(share * 1000) / 10} %`;
