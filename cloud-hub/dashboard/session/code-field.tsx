import type { Ref } from 'preact';
import { CredentialField } from './credential-field.tsx';

interface CodeFieldProps {
  readonly value: string;
  readonly inputRef?: Ref<HTMLInputElement>;
  readonly onInput: (value: string) => void;
}

/** A code of the second factor, or a recovery code instead. */
export function CodeField({ value, inputRef, onInput }: CodeFieldProps) {
  return (
    <CredentialField
      title="Code"
      value={value}
      autocomplete="one-time-code"
      isRequired
      maxLength={64}
      hint="six digits of your authenticator app, or a recovery code"
      {...(inputRef ? { inputRef } : {})}
      onInput={onInput}
    />
  );
}
