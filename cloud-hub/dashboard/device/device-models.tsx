import type { ModelReport } from '../../../shared/contract/messages/model-report.ts';
import type { Device } from '../../contract/device.ts';
import { whole } from '../ui/format.ts';
import { byModel, goesOn, type SlotRow, type StreamOfModel, slotRows } from './model-slots.ts';

const STREAMS_SHOWN = 4;

/** The models of a device: which stream runs which, the slots of each, and why the last one failed. */
export function DeviceModels({ device }: { device: Device }) {
  const models = Object.entries(device.models ?? {});
  const streams = device.streams.filter(({ model }) => model !== undefined);
  if (models.length === 0 && streams.length === 0) return null;
  return (
    <section class="panel device-models" aria-label="Models">
      <header class="panel-head">
        <h2>Models</h2>
      </header>
      <ul>
        {models.map(([entry, report]) => (
          <li key={entry} data-testid="device-model" data-entry={entry}>
            <h3>{entry}</h3>
            <Slots report={report} streams={device.streams} />
            <LastFailure report={report} streams={device.streams} />
          </li>
        ))}
      </ul>
      <dl class="facts">
        {byModel(streams).map(([model, ids]) => (
          <div key={model}>
            <dt>{model}</dt>
            <dd class="break" title={ids.join(', ')}>
              {ids.length === 1 ? 'runs on the stream ' : `runs on ${whole(ids.length)} streams: `}
              {ids.slice(0, STREAMS_SHOWN).join(', ')}
              {ids.length > STREAMS_SHOWN && ' …'}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

interface Parts {
  report: ModelReport;
  streams: readonly StreamOfModel[];
}

function Slots({ report, streams }: Parts) {
  return (
    <ul class="slots">
      {slotRows(report, streams).map((row) => (
        <Slot key={row.slot} row={row} />
      ))}
    </ul>
  );
}

const tones = { active: 'good', refused: 'bad', candidate: 'accent', previous: '' } as const;

function Slot({ row: { slot, name, detail, progress } }: { row: SlotRow }) {
  return (
    <li data-testid="slot" data-slot={slot}>
      <span class={`pill ${tones[slot]}`}>{slot}</span>
      <div class="problem-text">
        <p class="break">{name ?? <span class="faint">none</span>}</p>
        {detail !== '' && <p class="muted break num">{detail}</p>}
        {progress !== undefined && <progress max={1} value={progress} aria-label={`How far ${name} is`} />}
      </div>
    </li>
  );
}

function LastFailure({ report, streams }: Parts) {
  const failure = report.failures.at(-1);
  if (!failure) return null;
  const running = goesOn(report, streams);
  return (
    <p class="notice bad" data-testid="model-failure" data-stage={failure.stage}>
      <span class="break">
        <strong>
          {failure.name}@{failure.version}
        </strong>{' '}
        failed at the {failure.stage} stage: {failure.reason}
        {running !== undefined && `; the streams run ${running}`}
      </span>
    </p>
  );
}
