import type { Ref } from 'preact';
import { useId } from 'preact/hooks';

interface CredentialFieldProps {
  readonly title: string;
  readonly value: string;
  readonly autocomplete: 'username' | 'current-password' | 'new-password' | 'one-time-code' | 'off';
  /** Hides what is typed. */
  readonly isSecret?: boolean;
  readonly maxLength: number;
  readonly minLength?: number;
  readonly isRequired?: boolean;
  readonly isWrong?: boolean;
  /** A line below. */
  readonly hint?: string;
  /** The element that explains it. */
  readonly helpId?: string;
  readonly inputRef?: Ref<HTMLInputElement>;
  readonly onInput: (value: string) => void;
}

/** A field of what somebody signs in with: title, input, hint. */
export function CredentialField(props: CredentialFieldProps) {
  const id = useId();
  const { hint, helpId } = props;
  return (
    <div class="form-field credential">
      <label for={id}>{props.title}</label>
      <input
        id={id}
        ref={props.inputRef ?? null}
        type={props.isSecret ? 'password' : 'text'}
        autocomplete={props.autocomplete}
        autocapitalize="none"
        spellcheck={false}
        required={props.isRequired ?? false}
        minLength={props.minLength ?? 0}
        maxLength={props.maxLength}
        aria-invalid={props.isWrong ?? false}
        aria-describedby={helpId ?? (hint === undefined ? undefined : `${id}-hint`)}
        value={props.value}
        onInput={(event) => props.onInput(event.currentTarget.value)}
      />
      {hint !== undefined && (
        <span id={`${id}-hint`} class="faint">
          {hint}
        </span>
      )}
    </div>
  );
}
