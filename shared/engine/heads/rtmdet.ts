/**
 * RTMDet without its post-processing (Lyu et al., "RTMDet", arXiv:2212.07784; github.com/open-mmlab/mmdetection,
 * `dense_heads/rtmdet_head.py`), and other heads without anchors that give distances.
 *
 * Two outputs per stride: scores [1, labels, rows, columns], before their sigmoid, and distances [1, 4, rows, columns] from the
 * corner of the cell to the left, top, right and bottom side in input pixels. They are told apart by their channels and their
 * grids, whatever they are called. With four labels both have four channels, and scores come first, as upstream's do.
 */
import { z } from 'zod';
import { CodedError } from '../../kit/errors.ts';
import type { TensorInfo } from '../package/graph.ts';
import { addBox, logit, sigmoid } from './boxes.ts';
import { type Candidate, headKind } from './head.ts';
import { fits, namesOf, numbersOf, valuesOf } from './outputs.ts';
import { bestOfColumns } from './scan.ts';

const options = z.strictObject({
  strides: z.array(z.number().int().positive()).min(1).default([8, 16, 32]),
  cellOffset: z.number().min(0).max(1).default(0).describe('where in its cell a prior lies'),
});

interface Level {
  readonly stride: number;
  readonly columns: number;
  readonly cells: number;
}

export const rtmdet = headKind({
  options,
  create({ strides, cellOffset }, context) {
    const { inputWidth, inputHeight, labels } = context;
    const levels = strides.map((stride): Level => {
      const [columns, rows] = [Math.ceil(inputWidth / stride), Math.ceil(inputHeight / stride)];
      return { stride, columns, cells: columns * rows };
    });
    const pairs = strides.map((stride) => {
      const grid = [Math.ceil(inputHeight / stride), Math.ceil(inputWidth / stride)];
      const of = (channels: number, not?: TensorInfo) =>
        context.outputs.find((o) => o !== not && fits(o, [1, channels, ...grid]));
      const scores = of(labels);
      const sides = of(4, scores);
      if (scores && sides) return [numbersOf(scores), numbersOf(sides)] as const;
      const says = `labels and head.strides say [1, ${labels}, ${grid.join(', ')}] and [1, 4, ${grid.join(', ')}] for stride ${stride}`;
      throw new CodedError(
        'model-invalid',
        `${says}, the graph says the outputs ${namesOf(context)} without such a pair`,
      );
    });
    return {
      task: 'detect',
      outputs: pairs.flatMap((pair) => pair.map((o) => o.name)),
      decode(outputs, threshold) {
        const found: Candidate[] = [];
        for (const [index, { stride, columns, cells }] of levels.entries()) {
          const scores = valuesOf(outputs, index * 2, cells * labels, 'rtmdet');
          const sides = valuesOf(outputs, index * 2 + 1, cells * 4, 'rtmdet');
          const table = { rows: cells, labels, start: 0, width: cells };
          for (const { row, label, score } of bestOfColumns(scores, table, logit(threshold), 'rtmdet')) {
            const x = ((row % columns) + cellOffset) * stride;
            const y = (Math.floor(row / columns) + cellOffset) * stride;
            const side = (k: number) => sides[k * cells + row] as number;
            const box = { x1: x - side(0), y1: y - side(1), x2: x + side(2), y2: y + side(3) };
            addBox(found, { label, score: sigmoid(score), ...box }, 'rtmdet', row);
          }
        }
        return found;
      },
    };
  },
});
