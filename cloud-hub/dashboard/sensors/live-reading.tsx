import { useState } from 'preact/hooks';
import type { StreamReport } from '../../../shared/contract/messages/report.ts';
import type { Device } from '../../contract/device.ts';
import type { Reading } from '../../contract/reading.ts';
import { Chart, type ChartSeries, type Mark } from '../charts/chart.tsx';
import { useCourse } from '../charts/use-course.ts';
import { timeOf } from '../events/event-time.ts';
import { hindranceOf } from '../live/hindrance.ts';
import { useServices } from '../services.ts';
import { short } from '../ui/format.ts';
import { Segmented } from '../ui/segmented.tsx';
import { Time } from '../ui/time.tsx';
import { comparisons, type Readings, readingCourses } from './reading-course.ts';
import { type ReadingView, readingRanges } from './reading-series.ts';
import { bandOf, contributionsOf, meterOf, verdictOf } from './reading-state.ts';

interface LiveReadingProps {
  readonly device: Device;
  readonly stream: StreamReport;
}

/** Values that are written out; a model may have hundreds of channels. */
const VALUES_SHOWN = 8;

/** What a sensor says now and has said, in the place of a picture. */
export function LiveReading({ device, stream }: LiveReadingProps) {
  const { feed } = useServices();
  const [range, setRange] = useState(readingRanges[0]);
  const [comparison, setComparison] = useState(comparisons[0]);
  const course = useCourse(readingCourses[comparison.id], device.id, stream.id, range).value;
  const { isLoading, reason } = course;
  const { chart: view, before, latest } = course.view;
  const note = hindranceOf({
    feed: feed.state.value.kind,
    online: device.online,
    stream: stream.state,
    error: stream.error,
    stateS: stream.stateS,
  });
  // A class's score has a scale of its own; an anomaly's may be a hundred times the threshold.
  const isClass = latest?.label !== undefined;
  const empty = reason ?? (isLoading ? 'Loading…' : `No readings in the last ${range.title}`);
  const shared = {
    times: view.times,
    marked: view.anomalous.map((is, n) => (is ? markOf(isClass, view.levels[n]) : undefined)),
    syncKey: `${device.id}/${stream.id}`,
    empty,
  };
  return (
    <section class="panel live" aria-label="Readings">
      <header class="panel-head">
        <h2>Readings</h2>
        {note && (
          <span class="reading-note warn-text clip" role="status" title={note.detail}>
            {note.text}
            {note.detail !== undefined && <span class="muted"> · {note.detail}</span>}
          </span>
        )}
        <span class="spacer" />
        <Segmented label="Compare with" options={comparisons} chosen={comparison} onChoose={setComparison} />
        <Segmented label="Time range" options={readingRanges} chosen={range} onChoose={setRange} />
      </header>
      <Now reading={latest} waiting={isLoading ? 'Loading…' : 'Waiting for the first reading…'} />
      <Chart
        {...shared}
        title="Score"
        unit={isClass ? 'highest, 0 to 1' : 'highest, on a logarithmic scale'}
        scale={isClass ? 'zero' : 'log'}
        series={[
          { label: 'score', values: view.score },
          { label: 'threshold', values: view.threshold, look: 'limit' },
        ]}
      />
      {comparison.beforeMs > 0 && !isLoading && before.size === 0 && (
        <p class="muted">No readings are kept of the {comparison.title.toLowerCase()}.</p>
      )}
      {view.values.size > 0 && (
        <Chart
          {...shared}
          title={view.values.size === 1 ? 'Value' : 'Values'}
          unit={unitOf(view.values.size, view.bands.size > 0)}
          scale="lowest"
          series={[
            ...[...view.values].map(([label, values]) => ({ label, values, band: view.bands.get(label) })),
            ...pastOf(view, before, comparison.title.toLowerCase()),
          ]}
        />
      )}
    </section>
  );
}

/** The same channels at the same time of the day or week before, in their colours. */
function pastOf({ values }: ReadingView, before: Readings['before'], when: string): readonly ChartSeries[] {
  return [...values.keys()].flatMap((channel, index) => {
    const past = before.get(channel);
    if (!past) return [];
    const label = values.size === 1 ? when : `${channel}, ${when}`;
    return [{ label, values: past, look: 'past' as const, colour: index }];
  });
}

function markOf(isClass: boolean, level: string | undefined): Mark {
  if (isClass) return 'accent';
  return level === 'notice' || level === 'warning' ? 'warn' : 'bad';
}

function unitOf(channels: number, hasBand: boolean): string {
  const given = channels === 1 ? 'as the sensor gave it' : 'as the sensor gave them';
  return hasBand ? `${given}; shaded: where it was expected` : given;
}

function Now({ reading, waiting }: { reading: Reading | undefined; waiting: string }) {
  if (!reading) {
    return (
      <div class="reading-now unknown" data-testid="live-reading" data-state="none">
        <p class="muted">{waiting}</p>
      </div>
    );
  }
  const { state, text } = verdictOf(reading);
  const values = Object.entries(reading.values ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return (
    <div class={`reading-now ${state}`} data-testid="live-reading" data-state={state} data-id={reading.id}>
      <p class="verdict">
        <strong aria-live="polite">{text}</strong>
        {reading.contributions && <span class="muted clip">{contributionsOf(reading.contributions)}</span>}
        <span class="faint">
          <Time relative at={timeOf(reading)} />
        </span>
      </p>
      <ScoreMeter reading={reading} />
      {values.length > 0 && (
        <dl class="reading-values">
          {values.slice(0, VALUES_SHOWN).map(([channel, value]) => (
            <div key={channel}>
              <dt class="muted clip" title={channel}>
                {channel}
              </dt>
              <dd class="num">
                {short(value)}
                {reading.expected?.[channel] && (
                  <span class="faint" title="expected">
                    {` (${bandOf(reading.expected[channel])})`}
                  </span>
                )}
              </dd>
            </div>
          ))}
          {values.length > VALUES_SHOWN && (
            <div>
              <dt class="muted">more</dt>
              <dd class="num">+{values.length - VALUES_SHOWN}</dd>
            </div>
          )}
        </dl>
      )}
    </div>
  );
}

/** The score as a bar, with a mark where the threshold is. */
function ScoreMeter({ reading }: { reading: Reading }) {
  const { score, threshold } = reading;
  const meter = meterOf(reading);
  if (score === undefined) return null;
  return (
    <div class="score">
      <p class="num">
        <span class="muted">score</span> <b>{short(score)}</b>
        {threshold !== undefined && (
          <>
            <span class="muted"> · threshold</span> <b>{short(threshold)}</b>
          </>
        )}
      </p>
      {meter && (
        <div class="meter" aria-hidden="true">
          <i style={{ width: `${meter.at * 100}%` }} />
          <b style={{ left: `${meter.threshold * 100}%` }} />
        </div>
      )}
    </div>
  );
}
