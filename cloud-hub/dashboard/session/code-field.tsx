import type { Ref } from 'preact';
import { CredentialField } from './credential-field.tsx';

interface CodeFieldProps {
  readonly value: string;
  /** The app alone counts: it is being set up. */
  readonly isFirst?: boolean;
  readonly inputRef?: Ref<HTMLInputElement>;
  readonly onInput: (value: string) => void;
}

/** A code of the second factor, or a recovery code instead. */
export function CodeField({ value, isFirst = false, inputRef, onInput }: CodeFieldProps) {
  return (
    <CredentialField
      title="Code"
      value={value}
      autocomplete="one-time-code"
      isRequired
      maxLength={64}
      hint={`six digits of your authenticator app${isFirst ? '' : ', or a recovery code'}`}
      {...(inputRef ? { inputRef } : {})}
      onInput={onInput}
    />
  );
}
