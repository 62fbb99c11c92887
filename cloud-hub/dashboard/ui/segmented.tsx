interface Option {
  readonly id: string;
  readonly title: string;
}

interface SegmentedProps<T extends Option> {
  readonly label: string;
  readonly options: readonly T[];
  readonly chosen: T;
  readonly onChoose: (option: T) => void;
}

/** One of a few, side by side. */
export function Segmented<T extends Option>({ label, options, chosen, onChoose }: SegmentedProps<T>) {
  return (
    <fieldset class="segmented">
      <legend class="hidden">{label}</legend>
      {options.map((option) => (
        <button
          key={option.id}
          type="button"
          aria-pressed={option.id === chosen.id}
          onClick={() => option.id !== chosen.id && onChoose(option)}
        >
          {option.title}
        </button>
      ))}
    </fieldset>
  );
}
