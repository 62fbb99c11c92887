/**
 * FastestDet (github.com/dog-qiuqiu/FastestDet, `module/detector.py`, `example/onnx-runtime/runtime.py`).
 *
 * One output [1, 5 + labels, rows, columns], stride 16. A cell is an objectness after its sigmoid, x, y, width, height as they left
 * the network, and one score per label after their softmax. Score = objectness^0.6 x best label's score^0.4; centre =
 * (cell + tanh(x, y)) / cells, size = sigmoid(width, height), as fractions of the input. Upstream's input: bgr, stretch, 0 to 1.
 */
import { z } from 'zod';
import { CodedError } from '../../kit/errors.ts';
import { addBox, cornersOf, sigmoid } from './boxes.ts';
import { type Candidate, headKind } from './head.ts';
import { onlyOutput, requireShape, valuesOf } from './outputs.ts';

const options = z.strictObject({ stride: z.number().int().positive().default(16) });

export const fastestdet = headKind({
  options,
  create({ stride }, context) {
    const { inputWidth, inputHeight, labels } = context;
    const [columns, rows] = [Math.floor(inputWidth / stride), Math.floor(inputHeight / stride)];
    const output = onlyOutput(context, 'fastestdet');
    requireShape(output, [1, 5 + labels, rows, columns], 'labels and head.stride say');
    const cells = rows * columns;
    return {
      task: 'detect',
      outputs: [output.name],
      decode(outputs, threshold) {
        const values = valuesOf(outputs, 0, cells * (5 + labels), 'fastestdet');
        const found: Candidate[] = [];
        for (let cell = 0; cell < cells; cell++) {
          const at = (channel: number) => values[channel * cells + cell] as number;
          const objectness = positive(at(0));
          // The best label's score is at most 1.
          if (objectness ** 0.6 < threshold) continue;
          const { label, best } = bestLabel(at, labels, cell);
          const score = objectness ** 0.6 * best ** 0.4;
          if (score < threshold) continue;
          const cx = ((cell % columns) + Math.tanh(finite(at(1)))) / columns;
          const cy = (Math.floor(cell / columns) + Math.tanh(finite(at(2)))) / rows;
          const [w, h] = [sigmoid(finite(at(3))), sigmoid(finite(at(4)))];
          const box = cornersOf(cx * inputWidth, cy * inputHeight, w * inputWidth, h * inputHeight);
          addBox(found, { label, score, ...box }, 'fastestdet', cell);
        }
        return found;
      },
    };
  },
});

function bestLabel(at: (channel: number) => number, labels: number, cell: number): { label: number; best: number } {
  let [label, best] = [0, Number.NEGATIVE_INFINITY];
  for (let l = 0; l < labels; l++) {
    const score = at(5 + l);
    if (!Number.isFinite(score))
      throw new CodedError('model-failed', `fastestdet: a score of cell ${cell} is ${score}`);
    if (score > best) [label, best] = [l, score];
  }
  return { label, best };
}

/** Sigmoid and tanh would hide an infinity. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : Number.NaN;
}

/** Rounding may put a score below 0, of which there is no power; what is not finite stays what it is. */
function positive(value: number): number {
  return Number.isFinite(value) ? Math.max(0, value) : Number.NaN;
}
