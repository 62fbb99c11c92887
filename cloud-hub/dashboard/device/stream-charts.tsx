import { useState } from 'preact/hooks';
import type { StreamReport } from '../../../shared/contract/messages/report.ts';
import { Chart } from '../charts/chart.tsx';
import { timeRanges } from '../charts/time-range.ts';
import { useCourse } from '../charts/use-course.ts';
import { Segmented } from '../ui/segmented.tsx';
import { summaryCourse } from './summary-course.ts';
import type { SummaryView } from './summary-series.ts';

const measures = [
  { id: 'inView', title: 'In view', unit: 'objects per frame, on average' },
  { id: 'begun', title: 'New tracks', unit: 'per minute' },
] as const;

const found = { id: 'inView', title: 'Found', unit: 'per window, on average' } as const;

/** A stream's counts, analysed frames or windows, and latency over time. */
export function Charts({ device, stream: { id: stream, kind = 'picture' } }: { device: string; stream: StreamReport }) {
  const isPicture = kind === 'picture';
  const [range, setRange] = useState(timeRanges[0]);
  const [counted, setCounted] = useState<(typeof measures)[number]>(measures[0]);
  const measure = isPicture ? counted : found;
  const { view, isLoading, reason } = useCourse(summaryCourse, device, stream, range).value;
  const empty = reason ?? (isLoading ? 'Loading…' : `No summaries in the last ${range.title}`);
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
          empty={
            isLoading || reason !== undefined || view.times.length === 0 ? empty : `Nothing in the last ${range.title}`
          }
          title={measure.title}
          unit={measure.unit}
          series={[...view[measure.id]].map(([label, values]) => ({ label, values }))}
        />
        <Chart
          {...shared}
          title="Analysed"
          unit={isPicture ? 'frames per second' : 'windows per second'}
          series={isPicture ? rates(view) : [{ label: 'rate', values: view.fps }]}
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

/** What is analysed; and, where the stream asks for a rate, that rate and what is left out for it. */
function rates({ fps, asked, thinned }: SummaryView) {
  const analysed = { label: 'analysed', values: fps };
  if (asked.every((rate) => rate === null)) return [analysed];
  return [
    analysed,
    { label: 'asked for', values: asked, look: 'limit' as const },
    { label: 'left out', values: thinned },
  ];
}
