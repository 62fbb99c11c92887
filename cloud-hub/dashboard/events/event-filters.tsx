import { useId } from 'preact/hooks';
import { opinions } from '../../../shared/contract/messages/verdict.ts';
import { corrections } from '../../contract/correction.ts';
import type { Event } from '../../contract/event.ts';
import type { EventFilter } from '../navigation/route.ts';
import { useServices } from '../services.ts';
import { FilterField } from '../ui/filter-field.tsx';

interface EventFiltersProps {
  readonly filter: EventFilter;
  /** The events in the list: their labels are offered. */
  readonly seen: readonly Event[];
  readonly onChange: (filter: EventFilter) => void;
}

const OPTIONS_SHOWN = 200;
const keys = ['device', 'stream', 'rule', 'label'] as const;

/** Exact matches by device, stream, rule, label, second opinion, correction and hold, with what the fleet knows to choose from. */
export function EventFilters({ filter, seen, onChange }: EventFiltersProps) {
  const { shared } = useServices();
  const devices = shared.roster.devices.value;
  const chosen = devices.filter(({ id }) => filter.device === undefined || id === filter.device);
  const streams = chosen.flatMap((device) => device.streams);
  const watched = streams.filter(({ id }) => filter.stream === undefined || id === filter.stream);
  const options = {
    device: devices.map(({ id }) => id),
    stream: streams.map(({ id }) => id),
    rule: [...watched.flatMap((stream) => stream.rules.map(({ name }) => name)), ...seen.map(({ rule }) => rule)],
    label: seen.map(({ label }) => label),
  };
  return (
    <search class="filters">
      {keys.map((key) => (
        <FilterField
          key={key}
          name={key}
          value={filter[key] ?? ''}
          options={[...new Set(options[key])].slice(0, OPTIONS_SHOWN)}
          onChange={(value) => {
            const { [key]: _, ...rest } = filter;
            onChange(value === '' ? rest : { ...rest, [key]: value });
          }}
        />
      ))}
      <ChoiceField
        title="second opinion"
        choices={opinions}
        value={filter.opinion}
        onChange={(opinion) => {
          const { opinion: _, ...rest } = filter;
          onChange(opinion === undefined ? rest : { ...rest, opinion });
        }}
      />
      <ChoiceField
        title="correction"
        choices={corrections}
        value={filter.correction}
        onChange={(correction) => {
          const { correction: _, ...rest } = filter;
          onChange(correction === undefined ? rest : { ...rest, correction });
        }}
      />
      <ChoiceField
        title="held"
        choices={['true']}
        words={{ true: 'only what is held' }}
        value={filter.held}
        onChange={(held) => {
          const { held: _, ...rest } = filter;
          onChange(held === undefined ? rest : { ...rest, held });
        }}
      />
      <button
        type="button"
        class="button quiet"
        disabled={Object.keys(filter).length === 0}
        onClick={() => onChange({})}
      >
        Clear
      </button>
    </search>
  );
}

interface ChoiceFieldProps<T extends string> {
  readonly title: string;
  readonly choices: readonly T[];
  /** How a choice is called; default: as it is. */
  readonly words?: Readonly<Partial<Record<T, string>>>;
  readonly value: T | undefined;
  readonly onChange: (value: T | undefined) => void;
}

function ChoiceField<T extends string>({ title, choices, words, value, onChange }: ChoiceFieldProps<T>) {
  const id = useId();
  return (
    <label class="field" for={id}>
      <span class="muted">{title}</span>
      <select
        id={id}
        value={value ?? ''}
        onChange={(event) => onChange(choices.find((one) => one === event.currentTarget.value))}
      >
        <option value="">any or none</option>
        {choices.map((one) => (
          <option key={one} value={one}>
            {words?.[one] ?? one}
          </option>
        ))}
      </select>
    </label>
  );
}
