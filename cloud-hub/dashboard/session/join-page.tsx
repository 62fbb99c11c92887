import { useState } from 'preact/hooks';
import { useServices } from '../services.ts';
import { CodeField } from './code-field.tsx';
import { PasswordField } from './password-field.tsx';
import { ProviderButton, useProviderTitle } from './provider-button.tsx';
import { SignInForm } from './sign-in-form.tsx';

/** Where the link of an invitation leads: the password is chosen, or the identity provider; and its owner is signed in. */
export function JoinPage({ invitation }: { invitation: string }) {
  const { session } = useServices();
  const title = useProviderTitle();
  const [password, setPassword] = useState('');
  /** Undefined: none was asked for. */
  const [code, setCode] = useState<string>();
  const [failure, setFailure] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const onSubmit = async () => {
    setBusy(true);
    const why = await session.join({ invitation, password, ...(code === undefined ? {} : { code: code.trim() }) });
    if (why === undefined) return;
    setBusy(false);
    setFailure(why.message);
    if (why.fields.includes('body.code')) setCode(code ?? '');
  };
  return (
    <SignInForm
      failure={failure}
      isBusy={isBusy}
      verb="Choose the password and sign in"
      onSubmit={() => void onSubmit()}
      below={
        <>
          {title !== undefined && <ProviderButton title={title} invitation={invitation} />}
          <p class="help muted">From then on sign in with the name that you were told, and this password.</p>
        </>
      }
    >
      <p>You were invited to this hub. Choose a password{title === undefined ? '' : `, or sign in with ${title}`}.</p>
      <PasswordField title="Password" value={password} autocomplete="new-password" onInput={setPassword} />
      {code !== undefined && <CodeField value={code} onInput={setCode} />}
    </SignInForm>
  );
}
