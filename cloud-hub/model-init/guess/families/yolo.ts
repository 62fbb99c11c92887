/** YOLO of many authors: told apart by the columns of one output and by how many rows it has. */
import { shapeText } from '../../../../shared/engine/package/check.ts';
import type { TensorInfo } from '../../../../shared/engine/package/graph.ts';
import { BYTES, type Family, type Recognised, type Sight, sizesOf, stridesOf, UNIT } from './family.ts';

const ULTRALYTICS = {
  task: 'detect',
  pixels: { color: 'rgb', resize: 'letterbox-center', pad: 114, ...UNIT },
  fedLike: 'Ultralytics',
  threshold: 0.25,
  iou: 0.7,
} as const satisfies Partial<Recognised>;

/** The output with the boxes, and what its columns have beside them: of masks (a second output), keypoints, an angle. */
interface Table {
  readonly output: TensorInfo;
  readonly rows: number | undefined;
  readonly columns: number;
  readonly extra: number;
  /** Options of the head that say so. */
  readonly options: object;
  readonly what: string;
}

/** @param axis of the columns, 1 or 2 */
function tableOf({ outputs, facts }: Sight, axis: 1 | 2): Table | undefined {
  const [output, ...more] = outputs.filter(({ shape }) => shape.length !== 4);
  const masks = outputs.find(({ shape }) => shape.length === 4);
  if (!output || more.length > 0 || outputs.length > 2 || output.shape.length !== 3) return undefined;
  const columns = output.shape[axis];
  if (columns === undefined || (output.shape[0] ?? 1) !== 1) return undefined;
  const table = { output, rows: output.shape[3 - axis], columns };
  const { task, keypoints, keypointNames } = facts.hints;
  if (masks) return { ...table, extra: masks.shape[1] ?? 32, options: {}, what: ' and coefficients of masks' };
  if (task === 'pose' && keypoints) {
    const [count, dimensions] = keypoints;
    const options = {
      keypoints: count,
      ...(dimensions === 3 ? {} : { dimensions }),
      ...(keypointNames ? { keypointNames: [...keypointNames] } : {}),
    };
    return { ...table, extra: count * dimensions, options, what: ` and ${count} keypoints` };
  }
  if (task === 'obb') return { ...table, extra: 1, options: { angle: true }, what: ' and an angle' };
  return { ...table, extra: 0, options: {}, what: '' };
}

const usual = (strides: readonly number[]) => (strides.join() === '8,16,32' ? {} : { strides: [...strides] });

/** [1, 4 + labels, anchors] or transposed; known by its metadata or by the number of anchors. */
export const ultralytics: Family = {
  name: 'Ultralytics YOLO (v8 and later)',
  recognise(sight) {
    for (const axis of [1, 2] as const) {
      const table = tableOf(sight, axis);
      const strides = table && stridesOf(table.rows, sight);
      if (!table || !strides) continue;
      const { output, columns, extra, options, what } = table;
      const labels = columns - 4 - extra;
      // Anchors first is the layout of YOLOX too, whose column more is the objectness.
      const meant = axis === 1 || sight.facts.hints.ultralytics || sight.labels === labels;
      if (labels < 1 || !meant) continue;
      return {
        ...ULTRALYTICS,
        head: { kind: 'yolo', ...usual(strides), layout: axis === 1 ? 'channels-first' : 'anchors-first', ...options },
        why: `${shapeText(output)} in "${output.name}": a box, ${labels} scores${what} for each cell of the strides ${strides.join(', ')}`,
        sure: axis === 1 || sight.facts.hints.ultralytics,
        labels,
      };
    }
    return undefined;
  },
};

/** [1, queries, 4 + labels], RT-DETR by Ultralytics, known by its metadata or its 300 queries. */
export const queries: Family = {
  name: 'RT-DETR of Ultralytics',
  recognise(sight) {
    const table = tableOf(sight, 2);
    if (table?.rows !== 300 || table.columns < 5 || table.columns === 6 || table.extra > 0) return undefined;
    const { output, columns } = table;
    return {
      ...ULTRALYTICS,
      head: { kind: 'yolo', layout: 'queries' },
      why: `${shapeText(output)} in "${output.name}": 300 queries with a box and ${columns - 4} scores`,
      sure: sight.facts.hints.rtdetr,
      labels: columns - 4,
      pixels: { ...ULTRALYTICS.pixels, resize: 'stretch' },
    };
  },
};

/** [1, n x cells, 5 + labels], boxes in pixels: YOLOv5 and v7 with three anchors per cell; one where the boxes are decoded. */
export const objectness: Family = {
  name: 'YOLOv5, v6, v7, or YOLOX with decoded boxes',
  recognise(sight) {
    const table = tableOf(sight, 2);
    if (!table) return undefined;
    const { output, rows, columns, extra, options, what } = table;
    const each = [3, 1].find((n) => stridesOf(rows, sight, n));
    const strides = each && stridesOf(rows, sight, each);
    const labels = columns - 5 - extra;
    // YOLOX takes the exponential of its sizes outside of the graph, unless they are decoded.
    const decoded = each === 3 || sight.facts.operators.has('Exp');
    if (!strides || labels < 1 || !decoded) return undefined;
    const yolox = each === 1;
    return {
      ...ULTRALYTICS,
      head: { kind: 'yolo', ...usual(strides), layout: 'objectness', ...options },
      why: `${shapeText(output)} in "${output.name}": a box, an objectness, ${labels} scores${what} for ${each} anchors per cell of the strides ${strides.join(', ')}`,
      sure: each === 3,
      labels,
      ...(yolox ? YOLOX : { fedLike: 'YOLOv5 and v7', iou: 0.45 }),
    };
  },
};

/** [1, detections, 6]: suppressed in the graph, or end to end (YOLOv10, YOLO26). */
export const endToEnd: Family = {
  name: 'YOLO with its suppression in the graph, or end to end (v10, v26)',
  recognise(sight) {
    const table = tableOf(sight, 2);
    if (!table || table.columns !== 6 + table.extra || stridesOf(table.rows, sight)) return undefined;
    const { output, options, what } = table;
    if ('angle' in options) return undefined;
    return {
      ...ULTRALYTICS,
      head: { kind: 'yolo', layout: 'nms', ...options },
      why: `${shapeText(output)} in "${output.name}": rows of a box, a score, a label${what}`,
      sure: sight.facts.hints.ultralytics,
      labels: undefined,
    };
  },
};

const YOLOX = {
  pixels: { color: 'bgr', resize: 'letterbox', pad: 114, ...BYTES },
  fedLike: 'YOLOX since 0.1.1',
  threshold: 0.3,
  iou: 0.45,
} as const;

/** [1, cells, 5 + labels], boxes relative to their cells. */
export const yolox: Family = {
  name: 'YOLOX',
  recognise(sight) {
    const [output, ...others] = sight.outputs;
    const [rows, columns = 0, ...rest] = sizesOf(output);
    const strides = stridesOf(rows, sight);
    if (!output || others.length > 0 || !strides || columns < 6 || rest.length > 0) return undefined;
    return {
      ...YOLOX,
      task: 'detect',
      head: { kind: 'yolox', strides: [...strides] },
      why: `${shapeText(output)} in "${output.name}": a box, an objectness and ${columns - 5} scores for each cell of the strides ${strides.join(', ')}`,
      sure: false,
      labels: columns - 5,
    };
  },
};
