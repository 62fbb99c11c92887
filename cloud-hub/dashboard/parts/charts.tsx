import { useState } from 'preact/hooks';
import { timeRanges } from '../state/series.ts';
import { Chart } from './chart.tsx';
import { Segmented } from './segmented.tsx';
import { useSeries } from './use-series.ts';

const measures = [
  { id: 'inView', title: 'In view', unit: 'objects a frame, on average' },
  { id: 'begun', title: 'New tracks', unit: 'a minute' },
] as const;

/** A stream's counts, analysed frames and latency over time. */
export function Charts({ device, stream }: { device: string; stream: string }) {
  const [range, setRange] = useState(timeRanges[0]);
  const [measure, setMeasure] = useState<(typeof measures)[number]>(measures[0]);
  const { view, isLoading, reason } = useSeries(device, stream, range).value;
  const empty = reason ?? (isLoading ? 'Reading…' : `No summaries in the last ${range.title}`);
  const shared = { times: view.times, syncKey: `${device}/${stream}`, empty };
  return (
    <section class="panel" aria-label="Counts over time">
      <header class="panel-head">
        <h2>Over time</h2>
        <Segmented label="What is counted" options={measures} chosen={measure} onChoose={setMeasure} />
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
        <Chart {...shared} title="Analysed" unit="frames a second" series={[{ label: 'fps', values: view.fps }]} />
        <Chart
          {...shared}
          title="Latency"
          unit="ms, decode to rules"
          series={[
            { label: 'p50', values: view.p50 },
            { label: 'p95', values: view.p95 },
          ]}
        />
      </div>
    </section>
  );
}
