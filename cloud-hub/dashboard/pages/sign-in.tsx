import { useRef, useState } from 'preact/hooks';
import { Mark } from '../parts/mark.tsx';
import { useServices } from '../services.ts';

/** Asks for a token, and says where to find one. */
export function SignInPage({ reason }: { reason?: string | undefined }) {
  const { session } = useServices();
  const field = useRef<HTMLInputElement>(null);
  const [failure, setFailure] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const onSubmit = async (event: Event) => {
    event.preventDefault();
    const token = field.current?.value.trim() ?? '';
    if (token === '') {
      setFailure('Paste the token first.');
      field.current?.focus();
      return;
    }
    setBusy(true);
    const why = await session.signIn({ token });
    if (why === undefined) return;
    setBusy(false);
    setFailure(why);
    field.current?.select();
  };
  return (
    <main class="sign-in">
      <form class="panel" onSubmit={(event) => void onSubmit(event)}>
        <h1 class="brand">
          <Mark />
          <span>Vedette</span>
        </h1>
        {reason && (
          <p class="notice warn" role="status">
            {reason}
          </p>
        )}
        <label for="token">Token</label>
        <input
          id="token"
          ref={field}
          type="password"
          autocomplete="current-password"
          spellcheck={false}
          maxLength={256}
          aria-describedby="token-help"
          aria-invalid={failure !== undefined}
        />
        {failure && (
          <p class="bad-text" role="alert">
            {failure}
          </p>
        )}
        <button type="submit" class="button primary" disabled={isBusy}>
          {isBusy ? 'Signing in…' : 'Sign in'}
        </button>
        <div id="token-help" class="help muted">
          <p>
            When the hub first started it made an administrator's token and kept it in the file <code>admin.token</code>{' '}
            of its data folder: <code>./data</code>, unless <code>--data-dir</code> or <code>VEDETTE_DATA_DIR</code>{' '}
            says otherwise. On the machine where the hub runs:
          </p>
          <pre>cat data/admin.token</pre>
          <p>A one-time sign-in link, where the hub printed one, signs you in by itself.</p>
        </div>
      </form>
    </main>
  );
}
