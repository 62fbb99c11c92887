import { CredentialField } from './credential-field.tsx';

interface PasswordFieldProps {
  readonly title: string;
  readonly value: string;
  readonly autocomplete: 'current-password' | 'new-password';
  /** Default: yes. */
  readonly isRequired?: boolean;
  readonly onInput: (value: string) => void;
}

/** The hub takes 12 to 256 characters. */
const SHORTEST = 12;
const LONGEST = 256;

export function PasswordField({ title, value, autocomplete, isRequired = true, onInput }: PasswordFieldProps) {
  const isNew = autocomplete === 'new-password';
  return (
    <CredentialField
      title={title}
      value={value}
      autocomplete={autocomplete}
      isSecret
      isRequired={isRequired}
      minLength={isNew ? SHORTEST : 0}
      maxLength={LONGEST}
      {...(isNew ? { hint: `at least ${SHORTEST} characters` } : {})}
      onInput={onInput}
    />
  );
}
