/** Tries the ways to feed pictures on a clip: which one does the model answer best, and what does it find each way? */
import { type ImageInput, imageInputOf } from '../../../shared/contract/model-manifest.ts';
import { createAnnotator } from '../../../shared/engine/drawing/annotate.ts';
import { drawSheet } from '../../../shared/engine/drawing/sheet.ts';
import type { Engine } from '../../../shared/engine/engine.ts';
import { type Outcome, objectsOf } from '../../../shared/engine/outcome.ts';
import { createTensorWriter } from '../../../shared/engine/preprocess/tensor.ts';
import { type TrialFrame, trialFrames } from './frames.ts';
import { convictionOf, judgeWays, type Tried, type Verdict, type Way, waysFor } from './ways.ts';

export interface Trial {
  readonly verdict: Verdict | undefined;
  readonly tried: readonly Tried[];
  readonly frames: number;
  /** A JPEG: one picture per way, with its boxes and how much it found. */
  readonly sheet: Uint8Array;
}

const FRAMES = 6;
/** Least score of a box: the right way shows itself in strong findings, and weak ones are drawn too. */
const FLOOR = 0.25;

/**
 * @param engine a package with the guess
 * @param bytes the graph takes whole numbers
 * @throws CodedError of the clip; `model-failed` where the model fails each way
 */
export async function tryWays(clip: string, engine: Engine, bytes: boolean): Promise<Trial> {
  const input = imageInputOf(engine.manifest);
  const ways = waysFor(input, bytes);
  const writers = ways.map((way) => ({ way, writer: createTensorWriter(inputBy(way, input)) }));
  const orders = [...new Set(writers.map(({ writer }) => writer.order))];
  const frames = await trialFrames(clip, input, orders, FRAMES);
  const answers: { way: Way; outcomes: (Outcome | undefined)[]; conviction: number }[] = [];
  let failure: unknown;
  for (const { way, writer } of writers) {
    const outcomes: (Outcome | undefined)[] = [];
    const tensor = new Float32Array(writer.size);
    for (const { fit, pixels } of frames) {
      writer.write(pixels.get(writer.order) ?? [], fit, tensor);
      try {
        outcomes.push((await engine.run(tensor, fit, FLOOR)).outcome);
      } catch (error) {
        // A wrong way may well give NaN.
        failure = error;
        outcomes.push(undefined);
      }
    }
    const conviction = outcomes.reduce((sum, outcome) => sum + (outcome ? convictionOf(outcome) : 0), 0);
    answers.push({ way, outcomes, conviction });
  }
  if (answers.every(({ outcomes }) => outcomes.every((outcome) => outcome === undefined))) throw failure;
  const verdict = judgeWays(answers, input);
  return { verdict, tried: answers, frames: frames.length, sheet: await sheetOf(frames, answers, verdict) };
}

function inputBy({ pixels }: Way, input: ImageInput): ImageInput {
  return { ...input, color: pixels.color, mean: [...pixels.mean], std: [...pixels.std] };
}

/** Of the picture in which the chosen way finds most. */
async function sheetOf(
  frames: readonly TrialFrame[],
  answers: readonly (Tried & { readonly outcomes: readonly (Outcome | undefined)[] })[],
  verdict: Verdict | undefined,
): Promise<Uint8Array> {
  const best = answers.find(({ way }) => way === verdict?.best.way) ?? answers[0];
  const found = (best?.outcomes ?? []).map((outcome) => (outcome ? convictionOf(outcome) : 0));
  const index = Math.max(0, found.indexOf(Math.max(...found)));
  const { picture } = frames[index] as TrialFrame;
  const annotate = createAnnotator();
  const tiles = answers.map(async ({ way, outcomes, conviction }) => {
    const outcome = outcomes[index];
    const detections = outcome ? objectsOf(outcome) : [];
    const jpeg = await annotate(picture.jpeg, {
      header: { width: picture.width, height: picture.height, detections },
      rules: [],
      result: outcome && { outcome },
    });
    return { jpeg, title: `${way === best?.way ? '> ' : ''}${way.name}: ${conviction.toFixed(1)}` };
  });
  return drawSheet(await Promise.all(tiles), picture);
}
