/**
 * The checker of second opinions: is each event that was asked about amended exactly once, or not at all? Pure.
 *
 * 1. *Amended twice*: a sample with more than one opinion, or an event that more than one opinion amends.
 * 2. *Miscounted*: totals of a stream that are not the sum of its opinions: one was counted twice, or was lost half-way.
 * 3. *Overheard*: an agent that counts more verdicts of an outcome than the hub gave: it took one twice.
 * 4. *Waiting*: samples that are still on the box when everything else has come.
 *
 * An event without an opinion is no fault: a kill between the event and its sample, the budget or the deadline may leave it so.
 */
export const outcomes = ['confirmed', 'changed', 'withdrawn'] as const;
export type Outcome = (typeof outcomes)[number];

export interface StoredOpinion {
  readonly sample: string;
  readonly stream: string;
  readonly outcome: Outcome;
  readonly bytes: number;
  readonly isOfEvent: boolean;
}

export interface StreamTotal extends Readonly<Record<Outcome, number>> {
  readonly stream: string;
  readonly samples: number;
  readonly bytes: number;
}

export interface OpinionHistory {
  /** Events that name a sample, and how many opinions amend each. */
  readonly asked: readonly { readonly id: number; readonly opinions: number }[];
  readonly opinions: readonly StoredOpinion[];
  readonly totals: readonly StreamTotal[];
  /** What the agent counts, over its streams. */
  readonly heard: Readonly<Record<Outcome, number>>;
  /** Samples that wait on the box. */
  readonly waiting: number;
}

export interface OpinionVerdict {
  readonly asked: number;
  readonly amended: number;
  readonly opinions: number;
  readonly wrong: readonly string[];
}

export function checkOpinions({ asked, opinions, totals, heard, waiting }: OpinionHistory): OpinionVerdict {
  const samples = opinions.map(({ sample }) => sample);
  const again = samples.filter((sample, i) => samples.indexOf(sample) !== i);
  return {
    asked: asked.length,
    amended: asked.filter((event) => event.opinions > 0).length,
    opinions: opinions.length,
    wrong: [
      ...again.map((sample) => `sample ${sample} has two opinions`),
      ...asked.filter((event) => event.opinions > 1).map(({ id }) => `event ${id} is amended twice`),
      ...miscounted(opinions, totals),
      ...outcomes.flatMap((outcome) => {
        const given = opinions.filter((one) => one.outcome === outcome).length;
        return heard[outcome] > given ? [`the agent heard ${heard[outcome]} times "${outcome}" of ${given}`] : [];
      }),
      ...(waiting > 0 ? [`${waiting} samples still wait`] : []),
    ],
  };
}

function miscounted(opinions: readonly StoredOpinion[], totals: readonly StreamTotal[]): string[] {
  const streams = new Set([...opinions, ...totals].map(({ stream }) => stream));
  return [...streams].flatMap((stream) => {
    const own = opinions.filter((one) => one.stream === stream);
    const events = (outcome: Outcome) => own.filter((one) => one.isOfEvent && one.outcome === outcome).length;
    const bytes = own.reduce((sum, one) => sum + one.bytes, 0);
    const expected = { stream, samples: own.length, bytes, ...counts(events) };
    const total = totals.find((one) => one.stream === stream);
    const isRight =
      total !== undefined &&
      total.samples === expected.samples &&
      total.bytes === expected.bytes &&
      outcomes.every((outcome) => total[outcome] === expected[outcome]);
    return isRight
      ? []
      : [`totals of ${stream} are ${JSON.stringify(total)}, its opinions make ${JSON.stringify(expected)}`];
  });
}

function counts(of: (outcome: Outcome) => number): Record<Outcome, number> {
  return { confirmed: of('confirmed'), changed: of('changed'), withdrawn: of('withdrawn') };
}
