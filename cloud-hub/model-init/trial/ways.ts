/** Ways to feed a picture that are tried on a clip, and which of them the model likes best. Pure. */
import type { ImageInput } from '../../../shared/contract/model-manifest.ts';
import type { Outcome } from '../../../shared/engine/outcome.ts';
import { BYTES, IMAGENET, IMAGENET_BGR, type Pixels, SIGNED, UNIT } from '../guess/families/family.ts';

export interface Way {
  /** As people call it: `bgr, 0 to 1`. */
  readonly name: string;
  readonly pixels: Pick<Pixels, 'color' | 'mean' | 'std'>;
}

/** @param bytes the graph takes whole numbers: there is nothing to scale */
export function waysFor(input: ImageInput, bytes: boolean): readonly Way[] {
  const gray = input.color === 'gray';
  const colors = gray ? (['gray'] as const) : (['rgb', 'bgr'] as const);
  const cut = (values: readonly number[]) => (gray ? values.slice(0, 1) : [...values]);
  const ways = colors.flatMap((color) => {
    const imagenet = color === 'bgr' ? IMAGENET_BGR : IMAGENET;
    const scalings = {
      '0 to 255': BYTES,
      '0 to 1': UNIT,
      '-1 to 1': SIGNED,
      'mean and deviation of ImageNet': imagenet,
    };
    return Object.entries(scalings)
      .slice(0, bytes ? 1 : undefined)
      .map(([name, { mean, std }]) => ({
        name: `${color}, ${name}`,
        pixels: { color, mean: cut(mean), std: cut(std) },
      }));
  });
  const own = {
    name: `${input.color}, as its family`,
    pixels: { color: input.color, mean: input.mean, std: input.std },
  };
  return ways.some((way) => same(way.pixels, own.pixels)) ? ways : [own, ...ways];
}

export function same(a: Way['pixels'], b: Way['pixels']): boolean {
  const text = ({ color, mean, std }: Way['pixels']) => JSON.stringify([color, [...mean], [...std]]);
  return text(a) === text(b);
}

/** Boxes beyond these count no more: a wrong way may find the same thing a thousand times. */
const MOST_BOXES = 30;

/** How much a model says of one picture; 0 for nothing. Strong findings weigh more than many weak ones. */
export function convictionOf(outcome: Outcome): number {
  if (outcome.task === 'detect')
    return outcome.detections.slice(0, MOST_BOXES).reduce((sum, { score }) => sum + score * score, 0);
  return outcome.task === 'classify' ? (outcome.classes[0]?.score ?? 0) ** 2 : 0;
}

export interface Tried {
  readonly way: Way;
  /** Of all pictures together. */
  readonly conviction: number;
}

/** A way has to be so much better than the family's own. */
const CLEARLY = 1.15;
/** Less than this over all pictures is nothing. */
export const NOTHING = 0.2;

export interface Verdict {
  readonly best: Tried;
  /** The best of the others. */
  readonly next: Tried | undefined;
  /** Something was found, and no other scaling found nearly as much. Colours may matter little. */
  readonly clear: boolean;
}

/** @param own what the family or the metadata says */
export function judgeWays(tried: readonly Tried[], own: Way['pixels']): Verdict | undefined {
  const sorted = tried.toSorted((a, b) => b.conviction - a.conviction);
  const mine = tried.find(({ way }) => same(way.pixels, own));
  const [first] = sorted;
  if (!first) return undefined;
  const best = mine && first.conviction < mine.conviction * CLEARLY ? mine : first;
  const others = sorted.filter((one) => one !== best);
  const rival = others.find(({ way }) => !sameScaling(way, best.way))?.conviction ?? 0;
  const clear = best.conviction > NOTHING && best.conviction > rival * CLEARLY;
  return { best, next: others[0], clear };
}

/** The same but for the order of colours; the scaling by ImageNet turns round with them. */
function sameScaling(a: Way, b: Way): boolean {
  const of = ({ pixels: { mean, std } }: Way) =>
    JSON.stringify([mean, std].map((values) => values.toSorted((x, y) => x - y)));
  return of(a) === of(b);
}
