import { useId } from 'preact/hooks';

interface PasswordFieldProps {
  readonly title: string;
  readonly value: string;
  readonly autocomplete: 'current-password' | 'new-password';
  readonly onInput: (value: string) => void;
}

/** The hub takes 12 to 256 characters. */
const SHORTEST = 12;
const LONGEST = 256;

export function PasswordField({ title, value, autocomplete, onInput }: PasswordFieldProps) {
  const id = useId();
  const isNew = autocomplete === 'new-password';
  return (
    <div class="form-field">
      <label for={id}>{title}</label>
      <input
        id={id}
        type="password"
        autocomplete={autocomplete}
        required
        minLength={isNew ? SHORTEST : 1}
        maxLength={LONGEST}
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      {isNew && <span class="faint">at least {SHORTEST} characters</span>}
    </div>
  );
}
