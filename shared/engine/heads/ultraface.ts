/**
 * UltraFace (github.com/Linzaer/Ultra-Light-Fast-Generic-Face-Detector-1MB, `version-RFB-320.onnx` and `version-slim-*`, the
 * export with decoded boxes).
 *
 * Two outputs: `scores` [1, priors, 2], background and face after their softmax, and `boxes` [1, priors, 4]: x1, y1, x2, y2 as
 * fractions of the input. 320 x 240 has 4420 priors. Upstream's input: rgb, stretch, mean 127, std 128.
 */
import { z } from 'zod';
import { CodedError } from '../../kit/errors.ts';
import { addBox } from './boxes.ts';
import { type Candidate, headKind } from './head.ts';
import { outputNamed, requireOneLabel, requireShape, valuesOf } from './outputs.ts';

const options = z.strictObject({ scores: z.string().default('scores'), boxes: z.string().default('boxes') });

export const ultraface = headKind({
  options,
  create(names, context) {
    const { inputWidth, inputHeight } = context;
    requireOneLabel(context, 'ultraface');
    const scores = outputNamed(context, names.scores, 'head.scores');
    const boxes = outputNamed(context, names.boxes, 'head.boxes');
    const priors = scores.shape[1] ?? boxes.shape[1];
    requireShape(scores, [1, priors, 2], 'head.kind says ultraface, scores of');
    requireShape(boxes, [1, priors, 4], 'head.kind says ultraface, boxes of');
    return {
      task: 'detect',
      outputs: [scores.name, boxes.name],
      decode(outputs, threshold) {
        const s = valuesOf(outputs, 0, priors === undefined ? undefined : priors * 2, 'ultraface');
        const b = valuesOf(outputs, 1, s.length * 2, 'ultraface');
        const found: Candidate[] = [];
        for (let row = 0; row < s.length / 2; row++) {
          const score = s[row * 2 + 1] as number;
          if (score < threshold && score > Number.NEGATIVE_INFINITY) continue;
          if (score > 1.001 && Number.isFinite(score)) {
            throw new CodedError(
              'model-failed',
              `ultraface: score ${score} of prior ${row}: has not passed its softmax`,
            );
          }
          const at = (k: number) => b[row * 4 + k] as number;
          const box = {
            x1: at(0) * inputWidth,
            y1: at(1) * inputHeight,
            x2: at(2) * inputWidth,
            y2: at(3) * inputHeight,
          };
          addBox(found, { label: 0, score, ...box }, 'ultraface', row);
        }
        return found;
      },
    };
  },
});
