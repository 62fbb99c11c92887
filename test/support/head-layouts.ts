/** Boxes written the other way round: from what a detector found to what its network gives, by the published formulas. */

/** Corners in pixels of the input. */
export interface Thing {
  readonly label: number;
  readonly score: number;
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A score that no threshold lets pass, and its logit. */
const NOTHING = 0.001;
const NOTHING_LOGIT = -7;

const centreOf = (t: Thing) => ({ cx: (t.x1 + t.x2) / 2, cy: (t.y1 + t.y2) / 2, w: t.x2 - t.x1, h: t.y2 - t.y1 });
const logitOf = (score: number) => -Math.log(1 / score - 1);

/** [anchors, labels + 4 x (regMax + 1)]: a distance between two bins is the mixture of both (GFL, equation 4). */
export function writeNanodet(
  things: readonly Thing[],
  { width, height }: Size,
  labels: number,
  { strides = [8, 16, 32, 64], regMax = 7, cellOffset = 0 } = {},
): Float32Array {
  const grids = strides.map((s) => ({ s, columns: Math.ceil(width / s), rows: Math.ceil(height / s) }));
  const total = grids.reduce((n, g) => n + g.columns * g.rows, 0);
  const bins = regMax + 1;
  const row = labels + 4 * bins;
  const values = new Float32Array(total * row);
  for (let a = 0; a < total; a++) values.fill(NOTHING, a * row, a * row + labels);
  for (const t of things) {
    const { cx, cy } = centreOf(t);
    let base = 0;
    for (const { s, columns, rows } of grids) {
      const column = Math.min(columns - 1, Math.max(0, Math.round(cx / s - cellOffset)));
      const line = Math.min(rows - 1, Math.max(0, Math.round(cy / s - cellOffset)));
      const [px, py] = [(column + cellOffset) * s, (line + cellOffset) * s];
      const distances = [px - t.x1, py - t.y1, t.x2 - px, t.y2 - py].map((d) => d / s);
      if (distances.every((d) => d >= 0 && d <= regMax)) {
        const at = (base + line * columns + column) * row;
        values[at + t.label] = t.score;
        for (const [side, d] of distances.entries()) {
          const start = at + labels + side * bins;
          const low = Math.min(regMax - 1, Math.floor(d));
          values.fill(-60, start, start + bins);
          values[start + low] = Math.max(-60, Math.log(low + 1 - d));
          values[start + low + 1] = Math.max(-60, Math.log(d - low));
        }
        break;
      }
      base += columns * rows;
    }
  }
  return values;
}

/** [4 + labels, anchors]: the things take every 7th anchor. */
export function writeYoloChannels(things: readonly Thing[], labels: number, anchors: number): Float32Array {
  const values = new Float32Array((4 + labels) * anchors).fill(NOTHING);
  for (const [i, t] of things.entries()) {
    const anchor = (i * 7) % anchors;
    const { cx, cy, w, h } = centreOf(t);
    for (const [k, v] of [cx, cy, w, h].entries()) values[k * anchors + anchor] = v;
    values[(4 + t.label) * anchors + anchor] = t.score;
  }
  return values;
}

/** [rows, columns] to [columns, rows]. */
export function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  return values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)] ?? Number.NaN);
}

/** [rows, 6]: x1, y1, x2, y2, score, label; the rest are zero. */
export function writeYoloSuppressed(things: readonly Thing[], rows: number): Float32Array {
  const values = new Float32Array(rows * 6);
  for (const [i, t] of things.entries()) values.set([t.x1, t.y1, t.x2, t.y2, t.score, t.label], i * 6);
  return values;
}

/** Logits [queries, labels] and boxes [queries, 4]. */
export function writeDetr(things: readonly Thing[], { width, height }: Size, labels: number, queries: number) {
  const logits = new Float32Array(queries * labels).fill(NOTHING_LOGIT);
  const boxes = new Float32Array(queries * 4).fill(0.5);
  for (const [i, t] of things.entries()) {
    const query = (i * 7) % queries;
    const { cx, cy, w, h } = centreOf(t);
    logits[query * labels + t.label] = logitOf(t.score);
    boxes.set([cx / width, cy / height, w / width, h / height], query * 4);
  }
  return { logits, boxes };
}

/** Scores [priors, 2] and boxes [priors, 4]. */
export function writeUltraface(things: readonly Thing[], { width, height }: Size, priors: number) {
  const scores = new Float32Array(priors * 2).map((_, i) => (i % 2 === 0 ? 1 - NOTHING : NOTHING));
  const boxes = new Float32Array(priors * 4);
  for (const [i, t] of things.entries()) {
    const prior = (i * 7) % priors;
    scores.set([1 - t.score, t.score], prior * 2);
    boxes.set([t.x1 / width, t.y1 / height, t.x2 / width, t.y2 / height], prior * 4);
  }
  return { scores, boxes };
}

/** Four maps a stride by name; a thing goes to the cell of its centre, at the stride nearest to a quarter of its size. */
export function writeYunet(things: readonly Thing[], { width, height }: Size, strides = [8, 16, 32]) {
  const maps = new Map<string, Float32Array>();
  for (const s of strides) {
    const cells = Math.floor(width / s) * Math.floor(height / s);
    maps.set(`cls_${s}`, new Float32Array(cells).fill(NOTHING));
    maps.set(`obj_${s}`, new Float32Array(cells).fill(NOTHING));
    maps.set(`bbox_${s}`, new Float32Array(cells * 4));
    maps.set(`kps_${s}`, new Float32Array(cells * 10));
  }
  for (const t of things) {
    const { cx, cy, w, h } = centreOf(t);
    const s = strides.toSorted((a, b) => Math.abs(Math.log((a * 4) / w)) - Math.abs(Math.log((b * 4) / w)))[0] ?? 8;
    const columns = Math.floor(width / s);
    const column = Math.min(columns - 1, Math.floor(cx / s));
    const row = Math.min(Math.floor(height / s) - 1, Math.floor(cy / s));
    const cell = row * columns + column;
    const cls = Math.sqrt(t.score);
    maps.get(`cls_${s}`)?.set([cls], cell);
    maps.get(`obj_${s}`)?.set([(t.score * t.score) / cls], cell);
    maps.get(`bbox_${s}`)?.set([cx / s - column, cy / s - row, Math.log(w / s), Math.log(h / s)], cell * 4);
  }
  return maps;
}

/** Scores [896] and boxes [896, 16] of the front (128) and back (256) models: 16 x 16 x 2 anchors, then 8 x 8 x 6. */
export function writeBlazeface(things: readonly Thing[], side: number) {
  const scores = new Float32Array(896).fill(NOTHING_LOGIT);
  const boxes = new Float32Array(896 * 16);
  for (const [i, t] of things.entries()) {
    const { cx, cy, w, h } = centreOf(t);
    const [cells, anchors, base] = i % 2 === 0 ? [16, 2, 0] : [8, 6, 512];
    const [column, row] = [cx, cy].map((v) => Math.min(cells - 1, Math.floor((v / side) * cells))) as [number, number];
    const anchor = base + (row * cells + column) * anchors + (i % anchors);
    scores[anchor] = logitOf(t.score);
    const [ax, ay] = [((column + 0.5) / cells) * side, ((row + 0.5) / cells) * side];
    boxes.set([cx - ax, cy - ay, w, h], anchor * 16);
  }
  return { scores, boxes };
}
