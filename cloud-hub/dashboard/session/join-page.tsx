import { useState } from 'preact/hooks';
import { Mark } from '../navigation/mark.tsx';
import { useServices } from '../services.ts';
import { PasswordField } from './password-field.tsx';

/** Where the link of an invitation leads: the password is chosen, and its owner is signed in. */
export function JoinPage({ invitation }: { invitation: string }) {
  const { session } = useServices();
  const [password, setPassword] = useState('');
  const [failure, setFailure] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const onSubmit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    const why = await session.join(invitation, password);
    if (why === undefined) return;
    setBusy(false);
    setFailure(why);
  };
  return (
    <main class="sign-in">
      <form class="panel" onSubmit={(event) => void onSubmit(event)}>
        <h1 class="brand">
          <Mark />
          <span>Vedette</span>
        </h1>
        <p>You were invited to this hub. Choose a password.</p>
        <PasswordField title="Password" value={password} autocomplete="new-password" onInput={setPassword} />
        {failure && (
          <p class="bad-text" role="alert">
            {failure}
          </p>
        )}
        <button type="submit" class="button primary" disabled={isBusy}>
          {isBusy ? 'Signing in…' : 'Choose the password and sign in'}
        </button>
        <p class="help muted">From then on sign in with the name that you were told, and this password.</p>
      </form>
    </main>
  );
}
