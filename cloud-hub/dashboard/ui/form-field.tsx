import { useId } from 'preact/hooks';

export interface FormFieldProps {
  readonly name: string;
  readonly title: string;
  readonly value: string;
  readonly complaint?: string | undefined;
  readonly help?: string | undefined;
  readonly unit?: string | undefined;
  readonly placeholder?: string | undefined;
  /** Offered; anything else may be typed too. */
  readonly options?: readonly string[] | undefined;
  readonly onInput: (value: string) => void;
}

/** A field of a form with its title, its unit, and what is wrong with it. */
export function FormField({
  name,
  title,
  value,
  complaint,
  help,
  unit,
  placeholder,
  options,
  onInput,
}: FormFieldProps) {
  const id = useId();
  return (
    <div class="form-field">
      <label for={id}>{title}</label>
      <span class="with-unit">
        <input
          id={id}
          name={name}
          value={value}
          placeholder={placeholder}
          maxLength={10_000}
          autocomplete="off"
          spellcheck={false}
          list={options ? `${id}-options` : undefined}
          aria-invalid={complaint !== undefined}
          aria-describedby={`${id}-help`}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
        {unit && <span class="unit faint">{unit}</span>}
      </span>
      {options && (
        <datalist id={`${id}-options`}>
          {options.map((option) => (
            <option key={option} value={option} />
          ))}
        </datalist>
      )}
      <span id={`${id}-help`} class={complaint === undefined ? 'faint' : 'bad-text'}>
        {complaint ?? help}
      </span>
    </div>
  );
}
