import { useId } from 'preact/hooks';

interface SelectFieldProps<T extends string> {
  readonly title: string;
  readonly value: T;
  /** What each value is called. */
  readonly options: Readonly<Record<T, string>>;
  readonly onChange: (value: T) => void;
}

/** A field of a form in which one of a few values is chosen. */
export function SelectField<T extends string>({ title, value, options, onChange }: SelectFieldProps<T>) {
  const id = useId();
  return (
    <div class="form-field">
      <label for={id}>{title}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value as T)}>
        {Object.entries<string>(options).map(([key, words]) => (
          <option key={key} value={key}>
            {words}
          </option>
        ))}
      </select>
    </div>
  );
}
