import { useState } from 'preact/hooks';
import type { StreamReport } from '../../../shared/contract/messages/report.ts';
import { timeRanges } from '../state/series.ts';
import { Chart } from './chart.tsx';
import { Segmented } from './segmented.tsx';
import { useSeries } from './use-series.ts';

const measures = [
  { id: 'inView', title: 'In view', unit: 'objects a frame, on average' },
  { id: 'begun', title: 'New tracks', unit: 'a minute' },
] as const;

const found = { id: 'inView', title: 'Found', unit: 'a window, on average' } as const;

/** A stream's counts, analysed frames or windows, and latency over time. */
export function Charts({ device, stream: { id: stream, kind = 'picture' } }: { device: string; stream: StreamReport }) {
  const isPicture = kind === 'picture';
  const [range, setRange] = useState(timeRanges[0]);
  const [counted, setCounted] = useState<(typeof measures)[number]>(measures[0]);
  const measure = isPicture ? counted : found;
  const { view, isLoading, reason } = useSeries(device, stream, range).value;
  const empty = reason ?? (isLoading ? 'Reading…' : `No summaries in the last ${range.title}`);
  const shared = { times: view.times, syncKey: `${device}/${stream}`, empty };
  return (
    <section class="panel" aria-label="Counts over time">
      <header class="panel-head">
        <h2>Over time</h2>
        {isPicture && <Segmented label="What is counted" options={measures} chosen={counted} onChoose={setCounted} />}
        <span class="spacer" />
        <Segmented label="Time range" options={timeRanges} chosen={range} onChoose={setRange} />
      </header>
      <div class="charts">
        <Chart
          {...shared}
          title={measure.title}
          unit={measure.unit}
          series={[...view[measure.id]].map(([label, values]) => ({ label, values }))}
        />
        <Chart
          {...shared}
          title="Analysed"
          unit={isPicture ? 'frames a second' : 'windows a second'}
          series={[{ label: isPicture ? 'fps' : 'rate', values: view.fps }]}
        />
        <Chart
          {...shared}
          title="Latency"
          unit={isPicture ? 'ms, decode to rules' : 'ms, window to rules'}
          series={[
            { label: 'p50', values: view.p50 },
            { label: 'p95', values: view.p95 },
          ]}
        />
      </div>
    </section>
  );
}
