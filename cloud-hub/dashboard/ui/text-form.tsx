import { useEffect, useId, useRef, useState } from 'preact/hooks';

interface TextFormProps {
  /** What is asked for, for those who do not see the example. */
  readonly name: string;
  readonly example: string;
  readonly maxLength: number;
  /** The text of the button. */
  readonly button: string;
  /** Words to choose from. */
  readonly offered?: readonly string[];
  readonly isBusy: boolean;
  readonly onSet: (text: string) => void;
  readonly onCancel: () => void;
}

/** A field for one short text, opened by a press: Enter sets it, Escape leaves it alone. */
export function TextForm({ name, example, maxLength, button, offered = [], isBusy, onSet, onCancel }: TextFormProps) {
  const id = useId();
  const [text, setText] = useState('');
  const field = useRef<HTMLInputElement>(null);
  // A press asked for it.
  useEffect(() => field.current?.focus(), []);
  return (
    <form
      class="text-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() !== '') onSet(text.trim());
      }}
    >
      <input
        aria-label={name}
        placeholder={example}
        list={offered.length > 0 ? `${id}-offered` : undefined}
        maxLength={maxLength}
        required
        value={text}
        ref={field}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          // The arrows move in the text, and Escape closes no dialog.
          event.stopPropagation();
          if (event.key !== 'Escape') return;
          event.preventDefault();
          onCancel();
        }}
      />
      <datalist id={`${id}-offered`}>
        {offered.map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
      <button type="submit" class="button small" disabled={isBusy}>
        {button}
      </button>
    </form>
  );
}
