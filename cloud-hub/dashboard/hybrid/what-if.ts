/**
 * What another budget would give: the share of frames in which the fleet's answer is the hub's, over the share of frames sent.
 *
 * A frame that is sent gets the hub's answer. One that is not agrees with it as often as frames by chance do, which is measured and has
 * an interval. So random frames give s + (1 - s) × agreement. Events are doubted more often: of those that were sent the hub changed or
 * withdrew so many, and each of these mends a frame; beyond the events that there are, random frames follow. Pure.
 */
import type { HybridStream } from '../../contract/opinion.ts';

export interface Quality {
  /** 0 to 1, with its 95 % interval. */
  readonly value: number;
  readonly from: number;
  readonly to: number;
}

export interface WhatIf {
  /** Share of the frames that was sent, 0 to 1. */
  readonly now: number;
  /** Share of the frames that events were, as far as they were sent. */
  readonly events: number;
  /** Frames by chance behind the agreement. */
  readonly frames: number;
  random(share: number): Quality;
  /** Events first, then random frames. */
  chosen(share: number): Quality;
  /** Of sending this share, for as long as was measured. */
  cost(share: number): { readonly samples: number; readonly bytes: number; readonly hubMs: number };
}

/** @returns undefined: the stream has no random frame, or has not told its rate */
export function whatIf(streams: readonly HybridStream[]): WhatIf | undefined {
  const known = streams.flatMap(({ agreement, everyFrame, ...rest }) =>
    agreement && everyFrame && everyFrame.samples > 0 ? [{ ...rest, agreement, all: everyFrame }] : [],
  );
  const sum = (of: (one: (typeof known)[number]) => number) => known.reduce((total, one) => total + of(one), 0);
  const total = sum(({ all }) => all.samples);
  if (total === 0) return undefined;
  // Streams count by their frames; intervals are added as if they were one, which is wider than they are.
  const weighted = (of: (one: (typeof known)[number]) => number) => sum((one) => of(one) * one.all.samples) / total;
  const agreement: Quality = {
    value: weighted((one) => one.agreement.share),
    from: weighted((one) => one.agreement.from),
    to: weighted((one) => one.agreement.to),
  };
  const eventCount = sum(({ confirmed, changed, withdrawn }) => confirmed + changed + withdrawn);
  const amended = sum(({ changed, withdrawn }) => changed + withdrawn);
  const events = Math.min(1, eventCount / total);
  const doubt = eventCount > 0 ? amended / eventCount : 0;
  const each = (of: (agreed: number) => number): Quality => ({
    value: of(agreement.value),
    from: of(agreement.from),
    to: of(agreement.to),
  });
  return {
    now: Math.min(1, sum(({ samples }) => samples) / total),
    events,
    frames: sum((one) => one.agreement.n),
    random: (share) => each((agreed) => share + (1 - share) * agreed),
    chosen: (share) =>
      each((agreed) => {
        const first = Math.min(share, events);
        const rest = share - first;
        // What events mend cannot be more than is wrong.
        const wrong = Math.max(0, 1 - agreed - first * doubt);
        return 1 - wrong * (1 - Math.min(1, rest / Math.max(1e-12, 1 - first)));
      }),
    cost: (share) => ({
      samples: share * total,
      bytes: share * sum(({ all }) => all.bytes),
      hubMs: share * sum(({ all }) => all.hubMs),
    }),
  };
}

/** The slider is logarithmic: 0 to 1 ⇒ a share from a ten-thousandth to all. */
export const shareAt = (position: number): number => 10 ** (4 * position - 4);
export const positionOf = (share: number): number =>
  Math.max(0, Math.min(1, (Math.log10(Math.max(share, 1e-4)) + 4) / 4));
