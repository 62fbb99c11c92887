/** The plot of `bench hybrid`: quality of events over the share of frames sent, as SVG. */

export interface Point {
  /** Policy; points of one are joined. */
  readonly group: string;
  /** Of the frames that were sent. */
  readonly share: number;
  readonly kB: number;
  /** F1, 0 to 1. */
  readonly events: number;
  readonly tracks: number;
  readonly frames: number;
}

const [WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM] = [820, 420, 56, 24, 210, 48];
const COLOURS = ['#4c6ef5', '#868e96', '#e8590c', '#2b8a3e', '#74b816', '#0b7285', '#ae3ec9', '#111111'];
/** Left end of the axis of shares, which is logarithmic; 0 is drawn there. */
const LEAST = 0.004;
/** Lower end of the axis of quality. */
const LOWEST = 0.6;

export function plotOf(points: readonly Point[]): string {
  const groups = [...new Set(points.map(({ group }) => group))];
  const x = (share: number) =>
    LEFT + ((Math.log10(Math.max(LEAST, share)) - Math.log10(LEAST)) / -Math.log10(LEAST)) * (WIDTH - LEFT - RIGHT);
  const y = (quality: number) => TOP + ((1 - Math.max(LOWEST, quality)) / (1 - LOWEST)) * (HEIGHT - TOP - BOTTOM);
  const text = (at: readonly [number, number], words: string, more = '') =>
    `<text x="${at[0].toFixed(1)}" y="${at[1].toFixed(1)}" ${more}>${words}</text>`;
  const grid = [0.6, 0.7, 0.8, 0.9, 1].map(
    (value) =>
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(value)}" y2="${y(value)}" stroke="#dee2e6"/>` +
      text([LEFT - 8, y(value) + 4], value.toFixed(1), 'text-anchor="end"'),
  );
  const ticks = [0.01, 0.05, 0.1, 0.5, 1].map((share) =>
    text([x(share), HEIGHT - BOTTOM + 18], `${share * 100} %`, 'text-anchor="middle"'),
  );
  const lines = groups.flatMap((group, index) => {
    const colour = COLOURS[index % COLOURS.length];
    const own = points.filter((point) => point.group === group).toSorted((a, b) => a.share - b.share);
    const path = own.map(({ share, events }) => `${x(share).toFixed(1)},${y(events).toFixed(1)}`).join(' ');
    return [
      `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      ...own.map(
        ({ share, events }) =>
          `<circle cx="${x(share).toFixed(1)}" cy="${y(events).toFixed(1)}" r="4" fill="${colour}"/>`,
      ),
      `<circle cx="${WIDTH - RIGHT + 18}" cy="${TOP + 10 + index * 22}" r="5" fill="${colour}"/>`,
      text([WIDTH - RIGHT + 30, TOP + 14 + index * 22], group),
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    ...grid,
    ...ticks,
    ...lines,
    text([LEFT, HEIGHT - 8], 'share of the frames that were sent to the hub'),
    text([LEFT - 44, TOP - 8], 'F1 of the events'),
    '</svg>\n',
  ].join('\n');
}
