import { useEffect, useId, useRef } from 'preact/hooks';
import type { Cancel } from '../../../shared/kit/clock.ts';
import { useServices } from '../services.ts';

const TYPING_MS = 350;

interface FilterFieldProps {
  readonly name: string;
  readonly value: string;
  readonly options: readonly string[];
  readonly onChange: (value: string) => void;
}

/** An exact match that lists are narrowed to, with what there is to choose from; it waits for the end of typing. */
export function FilterField({ name, value, options, onChange }: FilterFieldProps) {
  const { clock } = useServices();
  const id = useId();
  const cancel = useRef<Cancel>();
  useEffect(() => () => cancel.current?.(), []);
  const onInput = (text: string) => {
    cancel.current?.();
    cancel.current = clock.after(options.includes(text) ? 0 : TYPING_MS, () => onChange(text.trim()));
  };
  return (
    <label class="field" for={id}>
      <span class="muted">{name}</span>
      <input
        id={id}
        type="search"
        list={`${id}-options`}
        value={value}
        placeholder="any"
        maxLength={128}
        spellcheck={false}
        autocomplete="off"
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      <datalist id={`${id}-options`}>
        {options.map((option) => (
          <option key={option} value={option} />
        ))}
      </datalist>
    </label>
  );
}
