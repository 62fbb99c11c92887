import { FormField } from '../../ui/form-field.tsx';
import type { Complaints, WaveFields } from './read-form.ts';

interface WaveFieldsetProps {
  readonly waves: readonly WaveFields[];
  readonly complaints: Complaints;
  readonly onChange: (waves: readonly WaveFields[]) => void;
  readonly onAdd: () => void;
}

/** The waves of a new rollout, one row each. */
export function WaveFieldset({ waves, complaints, onChange, onAdd }: WaveFieldsetProps) {
  const put = (index: number, more: Partial<WaveFields>) =>
    onChange(waves.map((wave, at) => (at === index ? { ...wave, ...more } : wave)));
  return (
    <fieldset class="panel form-part waves-part">
      <legend>Waves</legend>
      <p class="faint">Each wave includes the waves before it. It must run without a tripped gate for its soak time.</p>
      {waves.map((wave, index) => (
        // Waves have no name but their number.
        <div key={`wave-${index + 1}`} class="wave-field">
          <strong class="num">{index + 1}</strong>
          <FormField
            name={`size-${index}`}
            title="Devices"
            value={wave.size}
            placeholder="10% or 5"
            complaint={complaints[`waves.${index}`]}
            onInput={(size) => put(index, { size })}
          />
          <FormField
            name={`soak-${index}`}
            title="Soak time"
            unit="min"
            value={wave.soak}
            onInput={(soak) => put(index, { soak })}
          />
          <button
            type="button"
            class="button small quiet"
            aria-label={`Remove wave ${index + 1}`}
            disabled={waves.length === 1}
            onClick={() => onChange(waves.filter((_, at) => at !== index))}
          >
            Remove
          </button>
        </div>
      ))}
      {complaints.waves && <p class="bad-text">{complaints.waves}</p>}
      <button type="button" class="button small" disabled={waves.length >= 20} onClick={onAdd}>
        Add a wave
      </button>
    </fieldset>
  );
}
