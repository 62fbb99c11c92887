import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { useServices } from '../services.ts';
import { short } from '../state/format.ts';

export interface ChartSeries {
  readonly label: string;
  readonly values: readonly (number | null)[];
}

interface ChartProps {
  readonly title: string;
  readonly unit: string;
  readonly times: readonly number[];
  readonly series: readonly ChartSeries[];
  /** Charts with the same key move their cursors together. */
  readonly syncKey: string;
  readonly empty: string;
}

const HEIGHT = 168;
/** Custom properties `--c1` … of styles/tokens.css. */
const PALETTE = 9;

export const seriesColour = (index: number): string => `var(--c${(index % PALETTE) + 1})`;

/** Lines over time; the legend shows the values under the cursor, or else the newest. */
export function Chart({ title, unit, times, series, syncKey, empty }: ChartProps) {
  const { isDark } = useServices();
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>();
  const cursor = useSignal<number | undefined>(undefined);
  const names = JSON.stringify(series.map(({ label }) => label));
  const dark = isDark.value;
  const data: uPlot.AlignedData = [[...times], ...series.map(({ values }) => [...values])];
  const hasData = series.some(({ values }) => values.some((value) => value !== null));

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const options = optionsOf(
      element,
      series.map(({ label }) => label),
      syncKey,
      (index) => {
        cursor.value = index;
      },
    );
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
  }, [names, dark, syncKey]);

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
          {series.map(({ label, values }, index) => {
            const value = shownOf(values);
            return (
              <li key={label}>
                <i style={{ background: seriesColour(index) }} />
                <span class="clip">{label}</span>
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

function optionsOf(
  element: HTMLElement,
  names: readonly string[],
  syncKey: string,
  onCursor: (index: number | undefined) => void,
): uPlot.Options {
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
    padding: [8, 6, 0, 0],
    cursor: { sync: { key: syncKey }, y: false, drag: { x: false, y: false }, points: { size: 6 } },
    scales: { y: { range: (_, _low, high) => [0, high > 0 ? high * 1.12 : 1] } },
    axes: [
      { ...axis, space: 64, values: '{HH}:{mm}', size: 26 },
      { ...axis, size: 42, space: 32, values: (_, ticks) => ticks.map(short) },
    ],
    series: [
      {},
      ...names.map((label, index) => ({
        label,
        stroke: colour(`--c${(index % PALETTE) + 1}`),
        width: 1.75,
        points: { show: false },
        ...(names.length === 1 ? { fill: colour('--chart-fill') } : {}),
      })),
    ],
    hooks: { setCursor: [(u) => onCursor(u.cursor.idx ?? undefined)] },
  };
}
