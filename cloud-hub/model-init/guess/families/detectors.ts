/** Detectors of many labels other than YOLO. */
import { shapeText } from '../../../../shared/engine/package/check.ts';
import type { TensorInfo } from '../../../../shared/engine/package/graph.ts';
import { BYTES, type Family, IMAGENET, IMAGENET_BGR, sizesOf, stridesOf, UNIT } from './family.ts';

/** One output [1, cells, labels + 4 x (regMax + 1)]. */
export const nanodet: Family = {
  name: 'NanoDet',
  recognise(sight) {
    const [output, ...others] = sight.outputs;
    const [rows, columns = 0, ...rest] = sizesOf(output);
    const strides = stridesOf(rows, sight, 1, true);
    const bins = 8;
    const labels = columns - 4 * bins;
    // Four strides, or labels that are named: else YOLOX has such shapes too.
    const meant = strides?.length === 4 || (sight.labels !== undefined && sight.labels === labels);
    if (!output || others.length > 0 || !strides || !meant || labels < 1 || rest.length > 0) return undefined;
    const plus = strides.length === 4;
    return {
      task: 'detect',
      head: { kind: 'nanodet', strides: [...strides], regMax: bins - 1, ...(plus ? {} : { cellOffset: 0.5 }) },
      why: `${shapeText(output)} in "${output.name}": ${labels} scores and four distributions of ${bins} for each cell of the strides ${strides.join(', ')}`,
      sure: plus,
      labels,
      pixels: { color: 'bgr', resize: 'stretch', ...IMAGENET_BGR },
      fedLike: 'NanoDet',
      threshold: 0.4,
      iou: 0.6,
    };
  },
};

/** Logits [1, queries, labels] and boxes [1, queries, 4], known by their names. */
export const detr: Family = {
  name: 'RT-DETR, D-FINE, RF-DETR or DETR',
  recognise({ outputs, labels: named }) {
    const find = (...names: string[]) => outputs.find((o) => names.includes(o.name) && sizesOf(o).length === 2);
    const [logits, boxes] = [find('logits', 'pred_logits', 'labels'), find('boxes', 'pred_boxes', 'dets')];
    const [queries, columns] = sizesOf(logits);
    if (!logits || !boxes || columns === undefined || !isBoxes(boxes, queries)) return undefined;
    const roboflow = boxes.name === 'dets';
    // The first DETR has a hundred queries, and a column for nothing.
    const softmax = queries === 100 || columns === 92 || (named !== undefined && columns === named + 1);
    return {
      task: 'detect',
      head: { kind: 'detr', logits: logits.name, boxes: boxes.name, ...(softmax ? { softmax } : {}) },
      why: `${shapeText(logits)} in "${logits.name}" and ${shapeText(boxes)} in "${boxes.name}"`,
      sure: true,
      labels: softmax ? columns - 1 : columns,
      pixels: { color: 'rgb', resize: 'stretch', ...(roboflow || softmax ? IMAGENET : UNIT) },
      fedLike: roboflow ? 'RF-DETR' : softmax ? 'DETR' : 'RT-DETR and D-FINE',
      threshold: 0.4,
    };
  },
};

/** A heatmap and four sides a cell, known by their names. */
export const centernet: Family = {
  name: 'CenterNet with four-sided boxes',
  recognise({ outputs, width }) {
    const [heat, sides] = ['heatmap', 'ltrb'].map((name) => outputs.find((o) => o.name === name));
    const [a, b, c] = sizesOf(heat);
    if (!heat || !sides || a === undefined || b === undefined || c === undefined) return undefined;
    const last = sizesOf(sides)[2] === 4;
    return {
      task: 'detect',
      head: { kind: 'centernet', stride: Math.round(width / (last ? b : c)) },
      why: `the outputs "heatmap" ${shapeText(heat)} and "ltrb"`,
      sure: true,
      labels: last ? c : a,
      pixels: { color: 'rgb', resize: 'stretch', ...BYTES },
      fedLike: 'mobilenetv3_centernet',
      threshold: 0.4,
    };
  },
};

function isBoxes(output: TensorInfo, rows: number | undefined): boolean {
  const [count, sides] = sizesOf(output);
  return sides === 4 && (count ?? rows) === rows;
}
