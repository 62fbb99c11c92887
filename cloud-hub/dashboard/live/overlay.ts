/** Draws what was found, and the rules that look for it, over a picture. Units: CSS pixels of the canvas. */
import type { Detection } from '../../../shared/contract/messages/preview.ts';
import type { StreamReport } from '../../../shared/contract/messages/report.ts';
import type { Point } from '../../../shared/contract/names.ts';
import { labelColour, trackColour } from './colour.ts';
import { drawDetails } from './details.ts';
import { forwardArrow, middleOf, placeBox, placeLabels, placePoint, type Rect } from './geometry.ts';

export type RuleShape = StreamReport['rules'][number];

export interface Layers {
  readonly boxes: boolean;
  readonly labels: boolean;
  readonly rules: boolean;
}

export type Canvas2d = CanvasRenderingContext2D;

const FONT = '600 12px system-ui, sans-serif';
const TAG_HEIGHT = 18;
/** Pixels below which a picture has no room for track numbers; the colour still tells tracks apart. */
const NARROW = 520;
const ZONE = { stroke: '#5eead4', fill: 'rgb(45 212 191 / 0.16)' };
const LINE = { stroke: '#fbbf24' };
const CASING = 'rgb(0 0 0 / 0.55)';

export function drawRules(canvas: Canvas2d, within: Rect, rules: readonly RuleShape[]): void {
  canvas.save();
  canvas.font = FONT;
  canvas.lineJoin = 'round';
  canvas.lineCap = 'round';
  for (const { name, kind, points } of rules) {
    const placed = (points ?? []).map((point) => placePoint(point, within));
    const [from, to] = placed;
    if (kind === 'line' && from && to) drawLine(canvas, name, from, to, within);
    else if (placed.length >= 3) drawZone(canvas, name, placed, within);
  }
  canvas.restore();
}

export function drawDetections(
  canvas: Canvas2d,
  within: Rect,
  detections: readonly Detection[],
  { boxes, labels }: Pick<Layers, 'boxes' | 'labels'>,
): void {
  canvas.save();
  canvas.font = FONT;
  canvas.lineJoin = 'round';
  const things = detections.map(({ label, score, box, track }) => {
    const number = track === undefined || within.width < NARROW ? '' : ` #${track}`;
    return {
      box: placeBox(box, within),
      colour: track === undefined ? labelColour(label) : trackColour(track),
      text: `${label} ${Math.round(score * 100)}%${number}`,
    };
  });
  if (boxes) {
    for (const [i, { colour }] of things.entries()) drawDetails(canvas, within, detections[i] ?? {}, colour);
    for (const { box, colour } of things)
      strokeCased(canvas, colour, () => canvas.strokeRect(box.x, box.y, box.width, box.height));
  }
  if (labels) {
    const sizes = things.map(({ text }) => ({ width: canvas.measureText(text).width + 8, height: TAG_HEIGHT }));
    const places = placeLabels(
      things.flatMap(({ box }, i) => (sizes[i] ? [{ box, size: sizes[i] }] : [])),
      within,
    );
    // Detections come by falling score: the surest last, so that its tag is on top.
    for (let i = things.length - 1; i >= 0; i--) {
      const [thing, place] = [things[i], places[i]];
      if (thing && place) drawTag(canvas, thing.text, thing.colour, place);
    }
  }
  canvas.restore();
}

function drawZone(canvas: Canvas2d, name: string, points: readonly Point[], within: Rect): void {
  canvas.beginPath();
  for (const [x, y] of points) canvas.lineTo(x, y);
  canvas.closePath();
  canvas.fillStyle = ZONE.fill;
  canvas.fill();
  strokeCased(canvas, ZONE.stroke, () => canvas.stroke());
  drawName(canvas, name, middleOf(points), ZONE.stroke, within);
}

function drawLine(canvas: Canvas2d, name: string, from: Point, to: Point, within: Rect): void {
  const arrow = forwardArrow(from, to, Math.min(28, Math.max(14, within.width * 0.03)));
  strokeCased(canvas, LINE.stroke, () => {
    canvas.beginPath();
    canvas.moveTo(...from);
    canvas.lineTo(...to);
    if (arrow) {
      canvas.moveTo(...arrow.from);
      canvas.lineTo(...arrow.to);
      canvas.moveTo(...arrow.head[0]);
      canvas.lineTo(...arrow.to);
      canvas.lineTo(...arrow.head[1]);
    }
    canvas.stroke();
  });
  drawName(canvas, name, [from[0] + (to[0] - from[0]) * 0.2, from[1] + (to[1] - from[1]) * 0.2], LINE.stroke, within);
}

/** A dark casing under the stroke keeps it visible on any picture. */
function strokeCased(canvas: Canvas2d, colour: string, stroke: () => void): void {
  canvas.strokeStyle = CASING;
  canvas.lineWidth = 4;
  stroke();
  canvas.strokeStyle = colour;
  canvas.lineWidth = 2;
  stroke();
}

function drawTag(canvas: Canvas2d, text: string, colour: string, { x, y, width, height }: Rect): void {
  canvas.fillStyle = colour;
  canvas.beginPath();
  canvas.roundRect(x, y, width, height, 3);
  canvas.fill();
  canvas.fillStyle = '#0b0f14';
  canvas.textBaseline = 'middle';
  canvas.fillText(text, x + 4, y + height / 2 + 0.5);
}

function drawName(canvas: Canvas2d, name: string, [x, y]: Point, colour: string, within: Rect): void {
  const width = canvas.measureText(name).width + 12;
  const left = Math.min(Math.max(x - width / 2, within.x + 2), within.x + within.width - width - 2);
  const top = Math.min(Math.max(y - 10, within.y + 2), within.y + within.height - 22);
  canvas.fillStyle = 'rgb(8 12 16 / 0.72)';
  canvas.beginPath();
  canvas.roundRect(left, top, width, 20, 10);
  canvas.fill();
  canvas.fillStyle = colour;
  canvas.textBaseline = 'middle';
  canvas.fillText(name, left + 6, top + 10.5);
}
