/** What is known of a frame, as an SVG of the picture's size: boxes with label, score and track; zones, lines; a caption. */
import type { Detection } from '../../contract/messages/preview.ts';
import type { StreamReport } from '../../contract/messages/report.ts';
import type { Point } from '../../contract/names.ts';
import { figureOf, type Joint } from '../../contract/skeleton.ts';
import type { Outcome } from '../outcome.ts';

export type RuleShape = StreamReport['rules'][number];

/** What is drawn over a picture. */
export interface Drawing {
  /** Size of the picture in pixels, and what is boxed in it. */
  readonly header: { readonly width: number; readonly height: number; readonly detections: readonly Detection[] };
  readonly rules: readonly RuleShape[];
  /** The last result, for what has no box. */
  readonly result: { readonly outcome: Captioned } | undefined;
}

/** An outcome as far as a caption tells of it. */
export type Captioned = Exclude<Outcome, { task: 'embed' }> | { readonly task: 'embed' };

/** Light ones of Okabe and Ito's palette: told apart by people who see colours differently, and legible on a dark plate. */
const COLOURS = ['#e69f00', '#56b4e9', '#2fd6a3', '#f0e442', '#ff8a4c', '#e7a1cb'] as const;
const RULE_COLOUR = '#ffffff';
const MOST_BOXES = 200;
const LONGEST_TEXT = 48;

/** Text as XML; characters that XML 1.0 does not allow are left out. */
export function escapeXml(text: string): string {
  return (
    [...text]
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
      .filter((character) => !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff\ufffe\uffff]/u.test(character))
      .join('')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&apos;')
  );
}

/** @returns an SVG document as wide and high as the picture of the header */
export function overlayOf({ header, rules, result }: Drawing): string {
  const { width, height } = header;
  const size = Math.max(10, Math.round(Math.max(width, height) / 55));
  const canvas: Canvas = { width, height, size, line: Math.max(1, Math.round(size / 7)) };
  const parts = [
    ...rules.map((rule) => drawRule(rule, canvas)),
    ...header.detections.slice(0, MOST_BOXES).map((detection) => drawDetails(detection, canvas)),
    ...header.detections.slice(0, MOST_BOXES).map((detection) => drawBox(detection, canvas)),
    drawCaption(result?.outcome, canvas),
  ];
  const head = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  return `${head} font-family="DejaVu Sans, Arial, sans-serif" font-size="${size}">${parts.join('')}</svg>`;
}

interface Canvas {
  readonly width: number;
  readonly height: number;
  /** Height of letters, and width of lines, in pixels. */
  readonly size: number;
  readonly line: number;
}

function drawRule({ name, points = [] }: RuleShape, canvas: Canvas): string {
  const [first, second] = points;
  if (!first || !second) return '';
  const path = points.map((p) => pixels(p, canvas).join(',')).join(' ');
  const shape = points.length === 2 ? 'polyline' : 'polygon';
  const [x, y] = pixels(first, canvas);
  const arrow = points.length === 2 ? forward(first, second, canvas) : '';
  const stroke = `stroke="${RULE_COLOUR}" stroke-opacity="0.9" stroke-width="${canvas.line}"`;
  return (
    `<${shape} points="${path}" fill="${RULE_COLOUR}" fill-opacity="${points.length === 2 ? 0 : 0.08}" ${stroke}/>` +
    arrow +
    drawText(name, x, y, RULE_COLOUR, canvas)
  );
}

/** A short stroke from the middle of a line to its right, seen from `from` to `to`: where `forward` goes. */
function forward(from: Point, to: Point, canvas: Canvas): string {
  const [x1, y1] = pixels(from, canvas);
  const [x2, y2] = pixels(to, canvas);
  const length = Math.hypot(x2 - x1, y2 - y1) || 1;
  const [x, y] = [(x1 + x2) / 2, (y1 + y2) / 2];
  const reach = canvas.size * 1.5;
  const [dx, dy] = [(-(y2 - y1) / length) * reach, ((x2 - x1) / length) * reach];
  const tip = `<circle cx="${round(x + dx)}" cy="${round(y + dy)}" r="${canvas.line * 2}" fill="${RULE_COLOUR}"/>`;
  const stroke = `stroke="${RULE_COLOUR}" stroke-width="${canvas.line}"`;
  return `<line x1="${round(x)}" y1="${round(y)}" x2="${round(x + dx)}" y2="${round(y + dy)}" ${stroke}/>${tip}`;
}

function drawBox({ label, score, track, box: [left, top, wide, high] }: Detection, canvas: Canvas): string {
  const colour = colourOf(label);
  const [x, y] = pixels([left, top], canvas);
  const [w, h] = pixels([wide, high], canvas);
  const text = `${label} ${score.toFixed(2)}${track === undefined ? '' : ` #${track}`}`;
  const stroke = `fill="none" stroke="${colour}" stroke-width="${canvas.line}"`;
  return `<rect x="${x}" y="${y}" width="${Math.max(0, w)}" height="${Math.max(0, h)}" ${stroke}/>${drawText(text, x, y, colour, canvas)}`;
}

/** The mask as a veil, and the keypoints with their bones. */
function drawDetails({ label, keypoints = [], mask = [] }: Detection, canvas: Canvas): string {
  const colour = colourOf(label);
  const veil = mask.map((ring) => `M${ring.map((point) => pixels(point, canvas).join(' ')).join('L')}Z`).join('');
  const { joints, bones } = figureOf(keypoints);
  const place = ({ x, y }: Joint) => pixels([x, y], canvas);
  const lines = bones.map(([from, to]) => `M${place(from).join(' ')}L${place(to).join(' ')}`).join('');
  const dots = joints.map((joint) => {
    const [x, y] = place(joint);
    return `<circle cx="${x}" cy="${y}" r="${canvas.line * 1.5}" fill="${colour}"/>`;
  });
  const stroke = `stroke="${colour}" stroke-width="${canvas.line}"`;
  return (
    (veil ? `<path d="${veil}" fill="${colour}" fill-opacity="0.35" fill-rule="evenodd" ${stroke}/>` : '') +
    (lines ? `<path d="${lines}" fill="none" ${stroke}/>` : '') +
    dots.join('')
  );
}

/** A result that has no place in the picture. */
function drawCaption(outcome: Captioned | undefined, canvas: Canvas): string {
  const text = captionOf(outcome);
  return text === undefined ? '' : drawText(text, 0, canvas.height, '#ffffff', canvas);
}

function captionOf(outcome: Captioned | undefined): string | undefined {
  switch (outcome?.task) {
    case 'classify':
      return outcome.classes
        .slice(0, 3)
        .map((c) => `${c.label} ${c.score.toFixed(2)}`)
        .join('  ');
    case 'anomaly':
      return `${outcome.anomalous ? 'ANOMALY' : 'normal'} ${outcome.score.toPrecision(3)} of ${outcome.threshold.toPrecision(3)}`;
    default:
      return undefined;
  }
}

/** Text on a dark plate that stays inside the picture, above `y` where there is room. */
function drawText(text: string, x: number, y: number, colour: string, { width, height, size }: Canvas): string {
  const shown = [...text].slice(0, LONGEST_TEXT).join('');
  const plate = Math.round([...shown].length * size * 0.62 + size * 0.5);
  const left = Math.max(0, Math.min(x, width - plate));
  const bottom = Math.max(size * 1.3, Math.min(y, height));
  return (
    `<rect x="${round(left)}" y="${round(bottom - size * 1.3)}" width="${plate}" height="${round(size * 1.3)}" fill="#000000" fill-opacity="0.6"/>` +
    `<text x="${round(left + size * 0.25)}" y="${round(bottom - size * 0.3)}" fill="${colour}">${escapeXml(shown)}</text>`
  );
}

function pixels([x, y]: Point | readonly [number, number], { width, height }: Canvas): [number, number] {
  return [round(x * width), round(y * height)];
}

/** The same label has the same colour in every picture. */
function colourOf(label: string): string {
  let hash = 0;
  for (const character of label) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return COLOURS[hash % COLOURS.length] ?? RULE_COLOUR;
}

function round(value: number): number {
  return Number.isFinite(value) ? Math.round(value * 10) / 10 : 0;
}
