/**
 * BlazeFace (Bazarevsky et al., arXiv:1907.05047; MediaPipe `modules/face_detection/*.pbtxt`: `SsdAnchorsCalculator`,
 * `TensorsToDetectionsCalculator`).
 *
 * Scores [1, anchors, 1], before their sigmoid, and boxes [1, anchors, 4 + 2 x keypoints]: x, y, width, height and keypoints
 * (which are not read) in input pixels; x and y are relative to the anchor's centre, the middle of its cell; anchors have no
 * size of their own. Anchors go layer by layer, row by row, cell by cell: the front camera's model (128 x 128) and the back
 * camera's (256 x 256) have 16 x 16 cells with 2 and 8 x 8 cells with 6, 896 in all; the full-range models
 * `layers: [{ cells: 48, anchors: 1 }]`. Both outputs are one tensor each (`classificators`, `regressors`) or one per layer
 * (Keijiro's `Identity:0` … `Identity_3:0`); they are recognised by their last axis, or named in `scores` and `boxes`.
 *
 * MediaPipe clips scores to ±100 before the sigmoid, which changes nothing in double precision. Instead of keeping the best
 * of overlapping boxes, as the engine does here, it averages them by score (IoU over 0.3): its boxes tremble less from frame
 * to frame; position and score are the same within a few pixels. Upstream's input: rgb, mean 127.5, std 127.5.
 */
import { z } from 'zod';
import { CodedError } from '../../kit/errors.ts';
import { shapeText } from '../package/check.ts';
import type { TensorInfo } from '../package/graph.ts';
import { addBox, cornersOf, logit, sigmoid } from './boxes.ts';
import { type Candidate, type HeadContext, headKind } from './head.ts';
import { fits, outputNamed, requireOneLabel, valuesOf } from './outputs.ts';
import { notBelow } from './scan.ts';

const count = z.number().int().positive().max(1024);
const options = z.strictObject({
  layers: z
    .array(z.strictObject({ cells: count.describe('on each side'), anchors: count.describe('per cell') }))
    .min(1)
    .default([
      { cells: 16, anchors: 2 },
      { cells: 8, anchors: 6 },
    ]),
  keypoints: z.number().int().min(0).max(64).default(6),
  scores: z.array(z.string()).min(1).optional(),
  boxes: z.array(z.string()).min(1).optional(),
});

interface Point {
  readonly x: number;
  readonly y: number;
}

export const blazeface = headKind({
  options,
  create({ layers, keypoints, ...given }, context) {
    requireOneLabel(context, 'blazeface');
    const columns = 4 + 2 * keypoints;
    const centres = layers.map((layer) => centresOf(layer.cells, layer.anchors, context));
    const scores = outputsFor('scores', given.scores, 1, centres, context);
    const boxes = outputsFor('boxes', given.boxes, columns, centres, context);
    if (scores.length !== boxes.length) {
      const says = `${scores.length} of scores and ${boxes.length} of boxes`;
      throw new CodedError(
        'model-invalid',
        `head.layers says as many outputs of scores as of boxes, the graph ${says}`,
      );
    }
    const parts = scores.length === 1 ? [centres.flat()] : centres;
    return {
      task: 'detect',
      outputs: [...scores, ...boxes].map((o) => o.name),
      decode(outputs, threshold) {
        const found: Candidate[] = [];
        for (const [part, anchors] of parts.entries()) {
          const logits = valuesOf(outputs, part, anchors.length, 'blazeface');
          const sides = valuesOf(outputs, parts.length + part, anchors.length * columns, 'blazeface');
          for (const row of notBelow(logits, logit(threshold))) {
            const value = logits[row] as number;
            if (!Number.isFinite(value)) {
              throw new CodedError('model-failed', `blazeface: the score of anchor ${row} is ${value}`);
            }
            const { x, y } = anchors[row] as Point;
            const at = (k: number) => sides[row * columns + k] as number;
            const box = cornersOf(x + at(0), y + at(1), at(2), at(3));
            addBox(found, { label: 0, score: sigmoid(value), ...box }, 'blazeface', row);
          }
        }
        return found;
      },
    };
  },
});

/** The anchors of a layer: the middles of its cells in input pixels, each as often as the layer has anchors per cell. */
function centresOf(cells: number, anchors: number, { inputWidth, inputHeight }: HeadContext): Point[] {
  return Array.from({ length: cells * cells * anchors }, (_, i) => {
    const cell = Math.floor(i / anchors);
    const [column, row] = [cell % cells, Math.floor(cell / cells)];
    return { x: ((column + 0.5) * inputWidth) / cells, y: ((row + 0.5) * inputHeight) / cells };
  });
}

/** One output with all anchors, or one per layer, in the order of the layers. */
function outputsFor(
  role: 'scores' | 'boxes',
  given: readonly string[] | undefined,
  columns: number,
  centres: readonly Point[][],
  context: HeadContext,
): TensorInfo[] {
  const field = `head.${role}`;
  const names = given ?? context.outputs.filter((o) => o.shape.at(-1) === columns).map((o) => o.name);
  const outputs = names.map((name) => outputNamed(context, name, field));
  const sizes = outputs.length === 1 ? [centres.flat().length] : centres.map((c) => c.length);
  const free = [...outputs];
  const found = sizes.flatMap((size) => {
    const index = free.findIndex((o) => fits(o, [1, size, columns]));
    return index < 0 ? [] : free.splice(index, 1);
  });
  if (found.length === sizes.length && free.length === 0) return found;
  const wanted = centres.map((c) => `[1, ${c.length}, ${columns}]`).join(' and ');
  const graph = context.outputs.map((o) => `${shapeText(o)} in "${o.name}"`).join(', ');
  throw new CodedError(
    'model-invalid',
    `head.layers and head.keypoints say ${role} of ${wanted}, alone or joined, the graph says ${graph}`,
  );
}
