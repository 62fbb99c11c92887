import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { useServices } from '../services.ts';
import { short, tickText, timeTick } from '../ui/format.ts';
import { logSplits } from './log-splits.ts';

export interface ChartSeries {
  readonly label: string;
  readonly values: readonly (number | null)[];
  /** `limit`: a line that others are measured against, dashed and without a colour of its own; `past`: what another line was before, dotted. */
  readonly look?: 'limit' | 'past';
  /** Place of the line whose colour it has; default: its own. */
  readonly colour?: number;
  /** Between which values it was expected: drawn behind it. */
  readonly band?: { readonly low: readonly (number | null)[]; readonly high: readonly (number | null)[] } | undefined;
}

/** How a time stands out. */
export type Mark = 'bad' | 'warn' | 'accent';

interface ChartProps {
  readonly title: string;
  readonly unit: string;
  readonly times: readonly number[];
  readonly series: readonly ChartSeries[];
  /** `zero` (default): linear from zero; `lowest`: linear around the values; `log`: by powers of ten, for what is above zero. */
  readonly scale?: 'zero' | 'lowest' | 'log';
  /** Times that are to stand out, one for each of `times`. */
  readonly marked?: readonly (Mark | undefined)[];
  /** Charts with the same key move their cursors together. */
  readonly syncKey: string;
  readonly empty: string;
}

const HEIGHT = 168;
/** Width of a digit of the axes, in pixels. */
const LETTER = 6.5;
/** Custom properties `--c1` … of styles/tokens.css. */
const PALETTE = 9;

const colourName = (index: number, { look, colour = index }: Pick<ChartSeries, 'look' | 'colour'> = {}): string =>
  look === 'limit' ? '--muted' : `--c${(colour % PALETTE) + 1}`;

const dashOf = { limit: [5, 4], past: [2, 3] };

/** Lines over time; the legend shows the values under the cursor, or else the newest. */
export function Chart({ title, unit, times, series, syncKey, empty, scale = 'zero', marked }: ChartProps) {
  const { isDark } = useServices();
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>();
  const cursor = useSignal<number | undefined>(undefined);
  const marks = useRef<readonly (Mark | undefined)[]>();
  marks.current = marked;
  const names = JSON.stringify(series.map(({ label, look, band }) => [label, look, band !== undefined]));
  const dark = isDark.value;
  const data: uPlot.AlignedData = [
    [...times],
    ...series.map(({ values }) => (scale === 'log' ? lifted(values) : [...values])),
    ...bandsOf(series).flatMap(({ low, high }) => [[...low], [...high]]),
  ];
  const hasData = series.some(({ values }) => values.some((value) => value !== null));

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const options = optionsOf(element, {
      series,
      syncKey,
      scale,
      markedOf: () => marks.current ?? [],
      onCursor: (index) => {
        cursor.value = index;
      },
    });
    const made = new uPlot(options, data, element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
    };
    // Made again only for other lines or colours; new values go through setData below.
  }, [names, dark, syncKey, scale]);

  useEffect(() => {
    plot.current?.setData(data);
  });

  const at = cursor.value;
  const shownOf = (values: readonly (number | null)[]) =>
    at === undefined ? values.findLast((value) => value !== null) : values[at];
  return (
    <figure class="chart" data-testid="chart" data-title={title}>
      <figcaption>
        <strong>{title}</strong> <span class="faint">{unit}</span>
        <ul class="legend">
          {series.map((one, index) => {
            const { label, values } = one;
            const value = shownOf(values);
            return (
              <li key={label}>
                <i style={{ background: `var(${colourName(index, one)})` }} />
                <span class="clip" title={label}>
                  {label}
                </span>
                <b class="num">{value === null || value === undefined ? '–' : short(value)}</b>
              </li>
            );
          })}
        </ul>
      </figcaption>
      <div class="plot" ref={host} style={{ height: `${HEIGHT}px` }} aria-hidden="true" />
      {!hasData && <p class="chart-empty muted">{empty}</p>}
    </figure>
  );
}

interface PlotOptions extends Required<Pick<ChartProps, 'series' | 'syncKey' | 'scale'>> {
  readonly markedOf: () => readonly (Mark | undefined)[];
  readonly onCursor: (index: number | undefined) => void;
}

function optionsOf(element: HTMLElement, { series, syncKey, scale, markedOf, onCursor }: PlotOptions): uPlot.Options {
  const css = getComputedStyle(element);
  const colour = (name: string) => css.getPropertyValue(name).trim();
  const axis: uPlot.Axis = {
    stroke: colour('--faint'),
    font: '11px system-ui, sans-serif',
    grid: { stroke: colour('--grid'), width: 1 },
    ticks: { show: false },
  };
  return {
    width: Math.max(1, element.clientWidth),
    height: HEIGHT,
    legend: { show: false },
    // Half of the last time under it.
    padding: [8, 28, 0, 0],
    cursor: { sync: { key: syncKey }, y: false, drag: { x: false, y: false }, points: { size: 6 } },
    scales: { y: scaleOf(scale) },
    axes: [
      { ...axis, space: 64, values: (_, ticks) => ticks.map((seconds) => timeTick(seconds * 1000)), size: 26 },
      {
        ...axis,
        size: (_, ticks) => Math.max(42, 14 + LETTER * Math.max(0, ...(ticks ?? []).map((tick) => tick.length))),
        space: 32,
        values: (_, ticks) => ticks.map(tickText),
        ...(scale === 'log' ? { splits: (_u, _n, min, max) => logSplits(min, max), filter: (_u, ticks) => ticks } : {}),
      },
    ],
    series: [
      {},
      ...series.map((one, index) => ({
        label: one.label,
        stroke: colour(colourName(index, one)),
        width: one.look === undefined ? 1.75 : 1.25,
        points: { show: false },
        ...(one.look === undefined ? {} : { dash: dashOf[one.look] }),
        ...(index === 0 && (series.length === 1 || series[1]?.look !== undefined)
          ? { fill: colour('--chart-fill') }
          : {}),
      })),
      // The edges of a band are no lines of their own.
      ...bandsOf(series).flatMap(() => [edge, edge]),
    ],
    bands: bandsOf(series).map(({ colour: name }, index) => {
      const low = series.length + 1 + 2 * index;
      return {
        series: [low + 1, low] as [number, number],
        fill: `color-mix(in srgb, ${colour(name)} 16%, transparent)`,
      };
    }),
    hooks: {
      setCursor: [(u) => onCursor(u.cursor.idx ?? undefined)],
      drawClear: [(u) => shade(u, markedOf(), (mark) => colour(`--${mark}-soft`))],
    },
  };
}

const edge: uPlot.Series = { width: 0, points: { show: false } };

function bandsOf(series: readonly ChartSeries[]) {
  return series.flatMap(({ band }, index) => (band ? [{ ...band, colour: colourName(index) }] : []));
}

/** What lies further below the highest is drawn at the foot of a logarithmic scale. */
const DECADES = 5;

function lifted(values: readonly (number | null)[]): (number | null)[] {
  const high = values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
  const floor = (high || 1) / 10 ** DECADES;
  return values.map((value) => (value === null ? null : Math.max(value, floor)));
}

/** uPlot asks with null when there is no data. */
function scaleOf(scale: NonNullable<ChartProps['scale']>): uPlot.Scale {
  switch (scale) {
    case 'zero':
      return { range: (_, _low, high) => [0, high && high > 0 ? high * 1.12 : 1] };
    case 'lowest':
      return {
        range: (_, low, high) => {
          if (low === null || high === null) return [0, 1];
          const room = (high - low) * 0.12 || Math.abs(high) * 0.1 || 1;
          return [low - room, high + room];
        },
      };
    case 'log':
      return { distr: 3, range: (_, low, high) => (low && high ? [low / 1.5, high * 1.5] : [0.1, 1]) };
  }
}

/** Paints what is marked behind the lines, from half way to the time before to half way to the one after. */
function shade(u: uPlot, marked: readonly (Mark | undefined)[], colourOf: (mark: Mark) => string): void {
  const [times] = u.data;
  const { left, top, width, height } = u.bbox;
  marked.forEach((mark, n) => {
    const time = times[n];
    if (mark === undefined || time === undefined) return;
    u.ctx.fillStyle = colourOf(mark);
    const edge = (to: number | undefined) => {
      const x = u.valToPos((time + (to ?? time)) / 2, 'x', true);
      // Whole pixels, so that neighbours meet without a seam.
      return Math.round(Math.min(Math.max(x, left), left + width));
    };
    const begin = edge(times[n - 1]);
    u.ctx.fillRect(begin, top, Math.max(1, edge(times[n + 1]) - begin), height);
  });
}
