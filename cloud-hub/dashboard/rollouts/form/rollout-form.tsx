import { useEffect, useState } from 'preact/hooks';
import type { RolloutPreview } from '../../../contract/rollout.ts';
import { Link } from '../../navigation/link.tsx';
import { useServices } from '../../services.ts';
import { FormField, type FormFieldProps } from '../../ui/form-field.tsx';
import { whole } from '../../ui/format.ts';
import { useAct } from '../../ui/use-act.ts';
import { addWave, type Complaints, defaultFields, entriesOf, type RolloutFields, readForm } from './read-form.ts';
import { WaveFieldset } from './wave-fieldset.tsx';

type TextKey = Exclude<keyof RolloutFields, 'waves' | 'driftTest' | 'onFailure'>;

/** A new rollout: what, to whom, in which waves, and what stops it. A dry run says which devices would come when. */
export function RolloutForm({ package: given }: { package: string }) {
  const { api, router, shared } = useServices();
  const entries = entriesOf(shared.roster.devices.value);
  const [fields, setFields] = useState<RolloutFields>(() => defaultFields(given, entries[0] ?? ''));
  const [complaints, setComplaints] = useState<Complaints>({});
  const [preview, setPreview] = useState<RolloutPreview>();
  const act = useAct();
  const packages = usePackages();
  // The fleet may still be on its way when the form opens.
  const first = entries[0];
  useEffect(() => {
    if (first !== undefined) setFields((known) => (known.entry === '' ? { ...known, entry: first } : known));
  }, [first]);

  const change = (more: Partial<RolloutFields>) => {
    setFields({ ...fields, ...more });
    setPreview(undefined);
  };
  const submit = (isDry: boolean) => {
    const reading = readForm(fields);
    setComplaints(reading.kind === 'complaints' ? reading.complaints : {});
    if (reading.kind !== 'request') return;
    if (isDry) act.run(() => api.previewRollout(reading.request), setPreview);
    else
      act.run(
        () => api.createRollout(reading.request),
        ({ id }) => router.go({ page: 'rollout', id }),
      );
  };
  const field = (key: TextKey, title: string, more: Partial<FormFieldProps> = {}) => (
    <FormField
      name={key}
      title={title}
      value={fields[key]}
      complaint={complaints[key]}
      onInput={(value) => change({ [key]: value })}
      {...more}
    />
  );
  return (
    <form
      class="rollout-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit(false);
      }}
    >
      <div class="page-head">
        <h1>
          <Link class="crumb" to={{ page: 'rollouts' }}>
            Rollouts
          </Link>
          <span class="faint"> / </span>New
        </h1>
      </div>
      <fieldset class="panel form-part">
        <legend>Model and devices</legend>
        {field('package', 'Model version', {
          options: packages,
          placeholder: 'name@1.0.0 or name:stable',
          help: 'A signed version from the registry.',
        })}
        {field('entry', 'Runs as', {
          options: entries,
          placeholder: 'detector',
          help: 'The entry under “models” in agent.yaml that runs it.',
        })}
        {field('labels', 'Only devices with these labels', {
          placeholder: 'site=berlin, line=a|b',
          help: 'Empty: devices with any labels.',
        })}
        {field('devices', 'Only these devices', {
          placeholder: 'gate-north, gate-south',
          help: 'Empty: every device.',
        })}
      </fieldset>
      <WaveFieldset
        waves={fields.waves}
        complaints={complaints}
        onChange={(waves) => change({ waves })}
        onAdd={() => change({ waves: addWave(fields.waves) })}
      />
      <fieldset class="panel form-part gates-part">
        <legend>Gates: what stops the rollout</legend>
        {field('maxFailed', 'Failed devices, at most', { unit: '%' })}
        {field('minAgreement', 'Shadow agreement, at least', { unit: '%' })}
        {field('maxErrorRate', 'Error rate, at most', { unit: '%' })}
        {field('maxLatencyRatio', 'Latency p95 compared with before, at most', { unit: '×' })}
        {field('maxDrift', 'Score drift, at most', { unit: fields.driftTest.toUpperCase() })}
        {field('minFrames', 'Frames needed for a decision')}
        {field('shadowFrames', 'Frames in shadow on each device')}
        {field('quorum', 'Quorum of a wave', { unit: '%' })}
        {field('timeout', 'Timeout of a device', { unit: 'h' })}
        <label class="form-field">
          <span>When a gate trips</span>
          <select
            value={fields.onFailure}
            onChange={(event) => change({ onFailure: event.currentTarget.value === 'pause' ? 'pause' : 'roll-back' })}
          >
            <option value="roll-back">roll back</option>
            <option value="pause">pause</option>
          </select>
        </label>
        <label class="form-field">
          <span>Drift test</span>
          <select
            value={fields.driftTest}
            onChange={(event) => change({ driftTest: event.currentTarget.value === 'ks' ? 'ks' : 'psi' })}
          >
            <option value="psi">population stability (PSI)</option>
            <option value="ks">Kolmogorov–Smirnov (KS)</option>
          </select>
        </label>
      </fieldset>
      {Object.keys(complaints).length > 0 && (
        <p class="notice bad" role="alert">
          Some fields are not valid: see the messages beside them.
        </p>
      )}
      {act.failure && (
        <p class="notice bad" role="alert">
          {act.failure}
        </p>
      )}
      {preview && <Preview preview={preview} />}
      <footer class="form-foot">
        <button type="button" class="button" disabled={act.isBusy} onClick={() => submit(true)}>
          Dry run
        </button>
        <button type="submit" class="button primary" disabled={act.isBusy}>
          Start the rollout
        </button>
      </footer>
    </form>
  );
}

const NAMES_SHOWN = 30;

const devicesText = (n: number) => (n === 1 ? '1 device' : `${whole(n)} devices`);

function Preview({ preview: { waves, warnings = [] } }: { preview: RolloutPreview }) {
  const total = waves.reduce((sum, devices) => sum + devices.length, 0);
  return (
    <section class="panel preview" aria-label="Dry run" data-testid="preview">
      <header class="panel-head">
        <h2>Dry run: if it started now</h2>
        <span class="muted num">{devicesText(total)}</span>
      </header>
      {warnings.map((warning) => (
        <p class="hint warn-text" key={warning}>
          {warning}
        </p>
      ))}
      <ol>
        {waves.map((devices, index) => (
          // Waves have no name but their number.
          <li key={`wave-${index + 1}`}>
            <strong>Wave {index + 1}</strong> <span class="num">{devicesText(devices.length)}</span>{' '}
            <span class="muted break">
              {devices.slice(0, NAMES_SHOWN).join(', ')}
              {devices.length > NAMES_SHOWN && ' …'}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** What may be rolled out, by version and by alias; only offered, so a failure to read them is no hindrance. */
function usePackages(): readonly string[] {
  const { api } = useServices();
  const [packages, setPackages] = useState<readonly string[]>([]);
  useEffect(() => {
    const abort = new AbortController();
    api
      .models({ limit: 500 }, abort.signal)
      .then(({ items }) =>
        setPackages(
          items
            .filter(({ signed }) => signed)
            .flatMap(({ name, version, aliases }) => [`${name}@${version}`, ...aliases.map((a) => `${name}:${a}`)]),
        ),
      )
      .catch(() => undefined);
    return () => abort.abort();
  }, [api]);
  return packages;
}
