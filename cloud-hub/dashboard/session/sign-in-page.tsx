import { useEffect, useRef, useState } from 'preact/hooks';
import { useServices } from '../services.ts';
import { CodeField } from './code-field.tsx';
import { CredentialField } from './credential-field.tsx';
import { PasswordField } from './password-field.tsx';
import { ProviderButton, useProviderTitle } from './provider-button.tsx';
import { SignInForm } from './sign-in-form.tsx';
import { TokenHelp } from './token-help.tsx';

interface SignInPageProps {
  readonly reason?: string | undefined;
  /** He has just signed out here, and had come by the identity provider. */
  readonly atProvider?: boolean | undefined;
}

/** Asks for name and password (and a code of who has a second factor), or for a token; or leads to the identity provider. */
export function SignInPage({ reason, atProvider }: SignInPageProps) {
  const { session } = useServices();
  const tokenField = useRef<HTMLInputElement>(null);
  const codeField = useRef<HTMLInputElement>(null);
  const title = useProviderTitle();
  const [failure, setFailure] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [token, setToken] = useState('');
  /** Undefined: none was asked for. */
  const [code, setCode] = useState<string>();
  const asksCode = code !== undefined;
  useEffect(() => {
    if (asksCode) codeField.current?.focus();
  }, [asksCode]);
  const isByName = name.trim() !== '' || password !== '';
  const onSubmit = async () => {
    if (token.trim() === '' && (name.trim() === '' || password === '')) {
      setFailure(isByName ? 'Give both, name and password.' : 'Give name and password, or paste the token.');
      return;
    }
    setBusy(true);
    const byName = { name: name.trim(), password, ...(code === undefined ? {} : { code: code.trim() }) };
    const why = await session.signIn(isByName ? byName : { token: token.trim() });
    if (why === undefined) return;
    setBusy(false);
    if (why.fields.includes('body.code') && !asksCode) {
      setFailure(undefined);
      setCode('');
      return;
    }
    setFailure(why.message);
    if (asksCode) codeField.current?.select();
    else if (!isByName) tokenField.current?.select();
  };
  if (asksCode)
    return (
      <SignInForm failure={failure} isBusy={isBusy} verb="Sign in" onSubmit={() => void onSubmit()}>
        <p>
          <strong>{name.trim()}</strong>, give a code too.
        </p>
        <CodeField value={code} inputRef={codeField} onInput={setCode} />
      </SignInForm>
    );
  const still = title !== undefined && atProvider && (
    <>
      You are signed out here, but perhaps still signed in at {title}.{' '}
      <a href="api/v1/sign-in/provider/sign-out">Sign out there too</a>
    </>
  );
  return (
    <SignInForm
      notice={reason ?? still}
      failure={failure}
      isBusy={isBusy}
      verb="Sign in"
      onSubmit={() => void onSubmit()}
      below={
        <>
          {title !== undefined && <ProviderButton title={title} />}
          <TokenHelp id="token-help" />
        </>
      }
    >
      <CredentialField title="Name" value={name} autocomplete="username" maxLength={64} onInput={setName} />
      <PasswordField
        title="Password"
        value={password}
        autocomplete="current-password"
        isRequired={false}
        onInput={setPassword}
      />
      <p class="muted">Or with a token instead:</p>
      <CredentialField
        title="Token"
        value={token}
        autocomplete="off"
        isSecret
        maxLength={256}
        isWrong={failure !== undefined && !isByName}
        helpId="token-help"
        inputRef={tokenField}
        onInput={setToken}
      />
    </SignInForm>
  );
}
