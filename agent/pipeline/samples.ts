/**
 * Pictures for second opinions: those that the stream's selectors choose, redacted as every picture is. What becomes of them is
 * decided outside (`agent/escalate`): there the budgets of all streams are known.
 */
import { randomBytes } from 'node:crypto';
import type { StreamEscalation } from '../../shared/contract/config/escalate.ts';
import type { Detection } from '../../shared/contract/messages/preview.ts';
import { MAX_SAMPLE_OBJECTS, type SampleHeader } from '../../shared/contract/messages/sample.ts';
import type { Thresholds } from '../../shared/contract/thresholds.ts';
import { type Chosen, createChooser } from './choose/choose.ts';
import type { SelectorMemory } from './choose/memory.ts';
import { regionOf } from './choose/region.ts';
import { createVisits } from './choose/visits.ts';
import type { Look } from './look.ts';
import type { SampleBody, WalkOutputs } from './outputs.ts';
import type { Source, SourceFrame } from './source/picture/source.ts';
import type { Chance, RuleEvent } from './stage.ts';

export interface Samples {
  /**
   * Asks for the pictures that are wanted of a frame, before it is released.
   * @returns per event of `look.found` the id of its sample, which several may share; undefined: it has none
   */
  ask(source: Source, frame: SourceFrame, look: Look): readonly (string | undefined)[];
  /** Resolves when everything up to now has left. */
  made(): Promise<void>;
}

export interface SampleParts {
  /** Where a frame says none: it was not looked at. */
  readonly inForce: () => Thresholds;
  /** Of the edge's model. */
  readonly labels: readonly string[];
  /** What selectors remember over restarts; default: nothing. */
  readonly memory?: SelectorMemory | undefined;
}

/** Of more the names are too many bytes for each sample. */
const MAX_LABELS = 100;
/** Of the JPEG: less loses verdicts, more only costs bytes (measured: `npm run bench -- hybrid`). */
const FRAME_QUALITY = 40;
const PART_QUALITY = 80;
/** Between two samples of frames without an event, in milliseconds of the stream. */
const STEP_MS = 1000;

export const noSamples: Samples = {
  ask: (_source, _frame, { found }) => found.map(() => undefined),
  made: () => Promise.resolve(),
};

export function createSamples(
  stream: string,
  config: StreamEscalation,
  { inForce, labels, memory }: SampleParts,
  out: Pick<WalkOutputs, 'onSample'>,
  random: () => number = Math.random,
): Samples {
  const chooser = createChooser(config, random, memory);
  const visits = createVisits();
  let frameAt = Number.NEGATIVE_INFINITY;
  let making: Promise<void> = Promise.resolve();

  /** Chance comes first: its share must not depend on what was chosen before. */
  const isTooSoon = ({ event, by }: Chosen, ptsMs: number) =>
    event === undefined && !by.includes('random') && ptsMs - frameAt < STEP_MS;

  return {
    ask(source, frame, { found, objects, hide, chance }) {
      const ids = found.map(({ event }) => visits.sampleOf(event));
      if (!hide) return ids;
      const { frame: index, ptsMs } = frame;
      for (const one of chooser.choose(
        chance,
        found.map(({ event }) => event),
        new Set(ids.flatMap((id, index) => (id === undefined ? [] : [index]))),
      )) {
        if (isTooSoon(one, ptsMs)) continue;
        if (one.event === undefined) frameAt = ptsMs;
        const id = randomBytes(16).toString('hex');
        if (one.event !== undefined) ids[one.event] = id;
        const event = one.event === undefined ? undefined : found[one.event]?.event;
        if (event) visits.asked(event, id);
        // What is wanted of the frame shows all of it, also where an event wants it too.
        const isOfEvent = one.by.every((kind) => kind === 'event');
        const region = regionOf(isOfEvent ? event?.box : undefined, config.show);
        const isPart = isOfEvent && event?.box !== undefined && config.show !== 'frame';
        const quality = config.quality ?? (isPart ? PART_QUALITY : FRAME_QUALITY);
        const picture = source.picture(frame, region, config.side, hide, quality);
        const { threshold, thresholds } = chance ?? inForce();
        const weak = one.by.includes('random') && !event && chance ? withWeak(chance) : undefined;
        const all = weak ?? { objects: boxesOf(objects) };
        const body: SampleBody = {
          id,
          stream,
          chosenBy: [...new Set(one.by)],
          frame: index,
          ptsMs,
          region: [...region],
          threshold,
          ...(thresholds ? { thresholds: { ...thresholds } } : {}),
          ...all,
          ...(labels.length <= MAX_LABELS ? { labels: [...labels] } : {}),
          ...(event ? { event: eventOf(event) } : {}),
        };
        making = making.then(async () => {
          const made = await picture;
          if (made) out.onSample?.(body, made.jpeg, one.worth);
        });
      }
      return ids;
    },
    made: () => making,
  };
}

/**
 * Chance asks about those that do not count too: else nobody would know what a lower threshold is worth. Undefined: they are too many to be
 * named, and some of them say nothing.
 */
function withWeak({ seen, floor }: Chance): Pick<SampleBody, 'objects' | 'floor'> | undefined {
  return floor === undefined || seen.length > MAX_SAMPLE_OBJECTS ? undefined : { objects: boxesOf(seen), floor };
}

const boxesOf = (objects: readonly Detection[]): SampleBody['objects'] =>
  objects.slice(0, MAX_SAMPLE_OBJECTS).map(({ keypoints: _, mask: __, ...boxed }) => boxed);

function eventOf({ rule, ruleKind, action, label, score, box, count }: RuleEvent): SampleHeader['event'] {
  return {
    rule,
    ruleKind,
    action,
    label,
    score,
    ...(box ? { box: [...box] } : {}),
    ...(count === undefined ? {} : { count }),
  };
}
