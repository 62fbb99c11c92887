/**
 * Static quantization to 8 bits: prepare ⇒ calibrate ⇒ candidate ⇒ search ⇒ prove on samples that none of it has seen.
 * Nothing is written here; report.ts says what came of it, add.ts puts it into the package.
 */
import { isImageInput, isWindowInput } from '../../shared/contract/model-manifest.ts';
import { constantsOf } from '../../shared/engine/package/constants.ts';
import { loadVariant, type ModelPackage } from '../../shared/engine/package/package.ts';
import { inputShape } from '../../shared/engine/package/shape.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { CodedError } from '../../shared/kit/errors.ts';
import { type Agreement, agreementOf, distanceOf } from './agreement.ts';
import { calibrate } from './calibrate.ts';
import { type CandidateOptions, createCandidates } from './candidate.ts';
import { encodeNet } from './graph/net.ts';
import { planOf, weightedNodes } from './plan.ts';
import { prepare } from './prepare.ts';
import type { Method } from './ranges/method.ts';
import type { Sample } from './samples/sample.ts';
import { type Split, splitSamples } from './samples/split.ts';
import { searchFloat } from './search.ts';
import { openTrials, type Trials } from './trials.ts';

export interface QuantizeOptions extends Omit<CandidateOptions, 'method'> {
  /** `auto`: the one with which the answers move least, all nodes in 8 bits. */
  readonly method: Method | 'auto';
  readonly pack: ModelPackage;
  readonly samples: readonly Sample[];
  /** Neighbouring samples resemble each other: they are of a clip or a series. */
  readonly ordered: boolean;
  /** What proves the result, where that is not a part of the samples. */
  readonly unseen?: readonly Sample[];
  /** Agreement with the float model that is asked for, 0 to 1. */
  readonly agreement: number;
  /** Size beside the float model up to which nodes are left in float, 0 to 1. */
  readonly size: number;
  readonly threads: number;
  readonly clock: Clock;
  readonly onProgress: (what: string, done: number, total: number) => void;
}

export interface Quantized {
  readonly bytes: Uint8Array;
  readonly floatBytes: number;
  /** What chose the ranges: `percentile 0.9999`. */
  readonly method: string;
  readonly samples: { readonly calibration: number; readonly search: number; readonly unseen: number };
  /** Nodes with weights, and those of them that stay in float. */
  readonly nodes: number;
  readonly float: readonly string[];
  /** On the unseen samples. */
  readonly agreement: Agreement;
  /** Median milliseconds of one inference, one thread unless asked otherwise. */
  readonly ms: { readonly fp32: number; readonly int8: number };
  readonly seconds: number;
}

/** Samples of each task that are enough. */
const MOST = { calibration: 32, search: 24, quick: 4, unseen: 100 } as const;
const LEAST_SAMPLES = 10;
const ROUNDS = 30;
/** Ways to choose ranges that `auto` compares; each costs one run over the samples of the search. */
const CHOICES: readonly Choice[] = [
  { method: 'percentile', part: 0.9999 },
  { method: 'percentile', part: 0.99999 },
  { method: 'percentile', part: 0.999 },
  { method: 'minmax', part: 1 },
  { method: 'entropy', part: 1 },
];
type Choice = Pick<CandidateOptions, 'method' | 'part'>;
/** Scores of the float model, rewritten but not quantized, may differ by rounding only. */
const SAME = 1e-3;

/** @throws CodedError `model-invalid` or `model-failed` where the model cannot be quantized */
export async function quantize(options: QuantizeOptions): Promise<Quantized> {
  const { pack, threads, clock, onProgress } = options;
  const started = clock.mono();
  const [reference] = pack.manifest.variants;
  if (reference?.precision !== 'fp32')
    throw new CodedError('model-invalid', `${pack.dir}: the first variant must be fp32 to be quantized`);
  const { input } = pack.manifest;
  if (!isImageInput(input) && !isWindowInput(input))
    throw new CodedError('model-invalid', `${pack.dir}: models of sound cannot be quantized yet`);
  if (options.samples.length < LEAST_SAMPLES)
    throw new CodedError(
      'model-invalid',
      `${options.samples.length} samples to calibrate with; at least ${LEAST_SAMPLES} are needed, some hundred are good`,
    );
  const split = limited(splitSamples(options.samples, options.ordered), options.unseen);
  const { bytes: floatBytes, graph } = await loadVariant(pack, reference);
  const shape = inputShape(input, graph);
  const net = await prepare(floatBytes);
  const nodes = weightedNodes(net);
  if (nodes.length === 0)
    throw new CodedError(
      'model-invalid',
      `${pack.dir}: no Conv, Gemm or MatMul with weights in the graph: nothing to quantize`,
    );
  const trials = await openTrials(pack, threads, clock);
  try {
    await requireSame(trials, floatBytes, encodeNet(net), split.search.slice(0, MOST.quick));
    const tensors = [...planOf(net, new Set()).groups.keys()];
    const observed = await calibrate(net, tensors, split.calibration, {
      threads,
      shape,
      constants: constantsOf(input, graph),
      onProgress: (done, total) => onProgress('calibrating', done, total),
    });
    const wanted = await trials.outcomes(floatBytes, split.search);
    const { weightBits, method, part } = options;
    const choices = method === 'auto' ? CHOICES : [{ method, part }];
    const { choice, candidate } = await best(
      choices.map((one) => ({ choice: one, candidate: createCandidates(net, observed, { ...one, weightBits }) })),
      async ({ candidate: of }) => compare(await trials.outcomes(of(new Set()), split.search), wanted),
      (done) => onProgress('comparing ways to choose ranges', done, choices.length),
    );
    const smallest = candidate(new Set()).length;
    const limit = options.size * floatBytes.length;
    const weights = new Map(nodes.map((n) => [n.name, net.constants.get(n.inputs[1] ?? '')?.bytes.length ?? 0]));
    const found = await searchFloat({
      nodes: nodes.map((n) => n.name),
      growth: (node) => ((weights.get(node) ?? 0) * 3) / 4,
      // A model that is small only in its weights is not made better by a limit that it cannot meet.
      room: smallest < limit ? limit - smallest : Number.POSITIVE_INFINITY,
      wanted: (1 + options.agreement) / 2,
      measure: async (float, quick) => {
        const some = quick ? split.search.slice(0, MOST.quick) : split.search;
        return compare(await trials.outcomes(candidate(float), some), wanted);
      },
      onProgress,
    });
    const bytes = candidate(found.float);
    onProgress('proving on unseen samples', 0, 1);
    const expected = await trials.outcomes(floatBytes, split.unseen);
    const agreement = compare(await trials.outcomes(bytes, split.unseen), expected);
    const [sample] = split.unseen;
    const [fp32 = 0, int8 = 0] = sample ? await trials.times([floatBytes, bytes], sample, ROUNDS) : [];
    return {
      bytes,
      floatBytes: floatBytes.length,
      method: choice.method === 'percentile' ? `percentile ${choice.part}` : choice.method,
      samples: { calibration: split.calibration.length, search: split.search.length, unseen: split.unseen.length },
      nodes: nodes.length,
      float: [...found.float],
      agreement,
      ms: { fp32, int8 },
      seconds: (clock.mono() - started) / 1000,
    };
  } finally {
    await trials.close();
  }
}

/** The choice whose answers differ least from those of the float model; a single one is not tried. */
async function best<T>(
  choices: readonly T[],
  measure: (choice: T) => Promise<Agreement>,
  onDone: (done: number) => void,
): Promise<T> {
  const [first, ...others] = choices;
  if (first === undefined) throw new RangeError('no way to choose ranges');
  if (others.length === 0) return first;
  const tried: { choice: T; distance: number }[] = [];
  for (const [done, choice] of choices.entries()) {
    onDone(done);
    tried.push({ choice, distance: distanceOf(await measure(choice)) });
  }
  return tried.reduce((a, b) => (b.distance < a.distance ? b : a)).choice;
}

type Outcomes = Awaited<ReturnType<Trials['outcomes']>>;

/** `given` may be of fewer samples: the first ones. */
function compare(given: Outcomes, wanted: Outcomes): Agreement {
  return agreementOf(
    given.flatMap((outcome, i) => {
      const expected = wanted[i];
      return expected ? [[expected, outcome] as const] : [];
    }),
  );
}

/** Raising, folding and fusing must not change what the model says. */
async function requireSame(
  trials: Trials,
  before: Uint8Array,
  after: Uint8Array,
  samples: readonly Sample[],
): Promise<void> {
  const { agreement, worstDrift } = compare(
    await trials.outcomes(after, samples),
    await trials.outcomes(before, samples),
  );
  if (agreement === 1 && worstDrift <= SAME) return;
  throw new CodedError(
    'model-invalid',
    `rewriting the float model changed its answers (agreement ${agreement.toFixed(3)}, scores by up to ` +
      `${worstDrift.toPrecision(2)}); export it again with opset 13 or later`,
  );
}

function limited({ calibration, search, unseen }: Split<Sample>, other: readonly Sample[] = unseen): Split<Sample> {
  return {
    calibration: evenly(calibration, MOST.calibration),
    search: evenly(search, MOST.search),
    unseen: evenly(other, MOST.unseen),
  };
}

function evenly<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items;
  return Array.from({ length: most }, (_, i) => items[Math.floor((i * items.length) / most)] as T);
}
