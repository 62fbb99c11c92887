/** Incumbent and candidate on the same inputs, one after the other, taking turns in who is first. */
import { isDeepStrictEqual } from 'node:util';
import { isImageInput } from '../../../shared/contract/model-manifest.ts';
import type { Engine, EngineResult, Inference } from '../../../shared/engine/engine.ts';
import type { Fit } from '../../../shared/engine/preprocess/fit.ts';
import { messageOf } from '../../../shared/kit/errors.ts';
import type { Answer, Tally } from './tally.ts';

export interface Input {
  readonly tensor: Float32Array;
  readonly fit: Fit;
}

export interface Pair {
  readonly incumbent: Engine;
  readonly candidate: Engine;
  /** Pictures: what each of them takes, of one frame. */
  look(forIncumbent: Input, forCandidate: Input, threshold: number | undefined): Promise<void>;
  /** Windows: an engine that answers as the incumbent does, and asks the candidate too. */
  readonly windows: Engine;
}

/** Why two models cannot be compared on live inputs; undefined when they can. */
export function incomparable(incumbent: Engine, candidate: Engine): string | undefined {
  const [a, b] = [incumbent.manifest, candidate.manifest];
  if (a.task !== b.task) return `its task is "${b.task}", the incumbent's is "${a.task}"`;
  if (isImageInput(a.input) && isImageInput(b.input)) return undefined;
  if (isDeepStrictEqual(a.input, b.input)) return undefined;
  return 'its windows differ from those of the incumbent, so the two cannot be compared; set `proof.shadowFrames: 0` to skip that';
}

export function createPair(incumbent: Engine, candidate: Engine, tally: Tally): Pair {
  let turn = 0;
  const both = async (
    a: () => Promise<EngineResult>,
    b: () => Promise<EngineResult>,
  ): Promise<EngineResult | undefined> => {
    const results: { a?: EngineResult; b?: EngineResult } = {};
    const askA = async () =>
      answerOf(a, (result) => {
        results.a = result;
      });
    const askB = async () =>
      answerOf(b, (result) => {
        results.b = result;
      });
    if (turn++ % 2 === 0) {
      const first = await askA();
      tally.add(first, await askB());
    } else {
      const first = await askB();
      tally.add(await askA(), first);
    }
    return results.a;
  };

  const attach = (): Inference => {
    const [a, b] = [incumbent.attach(), candidate.attach()];
    return {
      async run(window, threshold) {
        const copy = window.slice();
        const result = await both(
          () => a.run(window, threshold),
          () => b.run(copy, threshold),
        );
        if (!result) throw new Error('the incumbent failed on this window');
        return result;
      },
      reset() {
        a.reset();
        b.reset();
      },
    };
  };

  return {
    incumbent,
    candidate,
    async look(forIncumbent, forCandidate, threshold) {
      await both(
        () => incumbent.run(forIncumbent.tensor, forIncumbent.fit, threshold),
        () => candidate.run(forCandidate.tensor, forCandidate.fit, threshold),
      );
    },
    windows: { ...incumbent, attach },
  };
}

async function answerOf(ask: () => Promise<EngineResult>, keep: (result: EngineResult) => void): Promise<Answer> {
  try {
    const result = await ask();
    keep(result);
    return { outcome: result.outcome, ms: result.inferMs + result.postprocessMs };
  } catch (error) {
    return { error: messageOf(error) };
  }
}
