import type { ModelReport } from '../../../shared/contract/messages/model-report.ts';
import type { Device } from '../../api/schemas/api.ts';
import { type SlotRow, slotRows } from '../state/device-models.ts';
import { modelText } from '../state/health.ts';

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
            <Slots report={report} />
            <LastFailure report={report} />
          </li>
        ))}
      </ul>
      <dl class="facts">
        {streams.map(({ id, model }) => (
          <div key={id}>
            <dt>{id}</dt>
            <dd>runs {model && modelText(model)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Slots({ report }: { report: ModelReport }) {
  return (
    <ul class="slots">
      {slotRows(report).map((row) => (
        <Slot key={row.slot} row={row} />
      ))}
    </ul>
  );
}

const tones = { active: 'good', candidate: 'accent', previous: '' } as const;

function Slot({ row: { slot, name, detail, progress } }: { row: SlotRow }) {
  return (
    <li data-testid="slot" data-slot={slot}>
      <span class={`pill ${tones[slot]}`}>{slot}</span>
      <div class="trouble-text">
        <p class="break">{name ?? <span class="faint">none</span>}</p>
        {detail !== '' && <p class="muted break num">{detail}</p>}
        {progress !== undefined && <progress max={1} value={progress} aria-label={`How far ${name} is`} />}
      </div>
    </li>
  );
}

function LastFailure({ report }: { report: ModelReport }) {
  const failure = report.failures.at(-1);
  if (!failure) return null;
  return (
    <p class="notice bad" data-testid="model-failure" data-stage={failure.stage}>
      <span class="break">
        <strong>
          {failure.name}@{failure.version}
        </strong>{' '}
        failed at the stage “{failure.stage}”: {failure.reason}
      </span>
    </p>
  );
}
