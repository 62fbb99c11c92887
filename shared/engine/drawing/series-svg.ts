/** A series as a picture (SVG): its values, its score beside the threshold, and what would have been told. Pure. */

export interface PlottedRow {
  readonly atMs: number;
  /** One per channel; none where only the score is known. */
  readonly values: readonly number[];
  readonly score: number;
  readonly threshold: number;
  readonly anomalous: boolean;
}

const WIDTH = 1200;
const LEFT = 70;
const RIGHT = 20;
const PLOT = WIDTH - LEFT - RIGHT;
const PANEL = 220;
const GAP = 34;
const TOP = 56;
const COLOURS = ['#0f766e', '#d97706', '#4f5fd9', '#be185d', '#5d8a11', '#0284c7', '#8b3fd1', '#b4530a'];
/** Below this part of the threshold scores are all alike. */
const LEAST = 1e-3;
const TICKS = 6;

/**
 * @param channels names of the values; at most eight are drawn
 * @returns the text of the picture; a series of millions of rows takes no more room than one of thousands
 */
export function seriesSvg(title: string, channels: readonly string[], rows: readonly PlottedRow[]): string {
  const [first, last] = [rows[0], rows.at(-1)];
  const from = first?.atMs ?? 0;
  const span = Math.max(1, (last?.atMs ?? 0) - from);
  const x = (atMs: number) => LEFT + (PLOT * (atMs - from)) / span;
  const events = spansOf(rows);
  const shown = channels.slice(0, COLOURS.length);
  const parts: string[] = [];
  const foot = TOP + 2 * PANEL + GAP;
  for (const { begin, end } of events) {
    const width = Math.max(1.5, x(end) - x(begin));
    parts.push(`<rect x="${n(x(begin))}" y="${TOP}" width="${n(width)}" height="${foot - TOP}" fill="#fde4e4"/>`);
  }
  const columns = columnsOf(rows, x);
  const values = rows.flatMap((row) => row.values.slice(0, shown.length));
  const [low, high] = rangeOf(values);
  const y = (value: number) => TOP + PANEL - (PANEL * (value - low)) / (high - low || 1);
  shown.forEach((channel, c) => {
    const points = columns.flatMap((column) =>
      ends(column.map((row) => row.values[c] ?? Number.NaN)).map((v, i) => [column[i] ?? column[0], v] as const),
    );
    parts.push(
      line(
        points.flatMap(([row, v]) => (row && Number.isFinite(v) ? [[x(row.atMs), y(v)]] : [])),
        COLOURS[c] ?? '',
      ),
    );
    parts.push(text(LEFT + 8 + 150 * c, TOP - 8, channel, COLOURS[c]));
  });
  parts.push(text(4, TOP + 10, short(high)), text(4, TOP + PANEL, short(low)));
  // Scores are many times the threshold, or small parts of it: by powers of ten.
  const ratio = ({ score, threshold }: PlottedRow) =>
    Math.log10(Math.max(LEAST, threshold > 0 ? score / threshold : score));
  const top = rows.reduce((most, row) => Math.max(most, ratio(row)), 1);
  const base = TOP + PANEL + GAP;
  const at = (log: number) => base + PANEL - (PANEL * (log - Math.log10(LEAST))) / (top - Math.log10(LEAST));
  const highest = columns.map((column) => column.reduce((a, b) => (ratio(b) > ratio(a) ? b : a)));
  parts.push(
    line(
      highest.map((row) => [x(row.atMs), at(ratio(row))]),
      '#505c6a',
    ),
  );
  parts.push(`<path d="M${LEFT} ${n(at(0))}H${WIDTH - RIGHT}" stroke="#c02626" stroke-dasharray="5 4" fill="none"/>`);
  parts.push(
    text(4, at(0) + 4, 'threshold', '#c02626'),
    text(LEFT + 8, base - 8, 'score, by powers of ten of the threshold', '#505c6a'),
  );
  for (let tick = 0; tick <= TICKS; tick++) {
    const time = new Date(from + (span * tick) / TICKS);
    const label = Number.isFinite(time.getTime()) ? time.toISOString().slice(0, 16).replace('T', ' ') : '';
    parts.push(
      text(LEFT + (PLOT * tick) / TICKS - (tick === 0 ? 0 : tick === TICKS ? 96 : 48), foot + 18, label, '#6d7987'),
    );
  }
  const heading = `${title}: would have told ${events.length} event${events.length === 1 ? '' : 's'} in ${rows.length} rows`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${foot + 30}" font-family="system-ui, sans-serif" font-size="12">` +
    `<rect width="100%" height="100%" fill="#ffffff"/>${text(LEFT, 22, heading, '#12181f')}${parts.join('')}</svg>\n`
  );
}

/** From the beginning of each anomaly to its end. */
export function spansOf(rows: readonly Pick<PlottedRow, 'atMs' | 'anomalous'>[]): { begin: number; end: number }[] {
  const spans: { begin: number; end: number }[] = [];
  let before = false;
  for (const { atMs, anomalous } of rows) {
    const open = spans.at(-1);
    if (anomalous && !before) spans.push({ begin: atMs, end: atMs });
    else if (anomalous && open) open.end = atMs;
    before = anomalous;
  }
  return spans;
}

/** The rows of each column of pixels. */
function columnsOf(rows: readonly PlottedRow[], x: (atMs: number) => number): PlottedRow[][] {
  const columns = new Map<number, PlottedRow[]>();
  for (const row of rows) {
    const column = Math.round(x(row.atMs));
    const known = columns.get(column);
    if (known) known.push(row);
    else columns.set(column, [row]);
  }
  return [...columns.values()];
}

/** What a column of pixels shows of many values: the lowest and the highest. */
function ends(values: readonly number[]): number[] {
  return values.length < 3 ? [...values] : [...rangeOf(values)];
}

function rangeOf(values: readonly number[]): readonly [low: number, high: number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : [0, 1];
}

function line(points: readonly (readonly number[])[], colour: string): string {
  if (points.length === 0) return '';
  const d = points.map(([px = 0, py = 0]) => `${n(px)} ${n(py)}`).join('L');
  return `<path d="M${d}" stroke="${colour}" stroke-width="1.2" fill="none"/>`;
}

function text(px: number, py: number, content: string, colour = '#505c6a'): string {
  const safe = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<text x="${n(px)}" y="${n(py)}" fill="${colour}">${safe}</text>`;
}

function n(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
