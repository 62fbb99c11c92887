import { useRef, useState } from 'preact/hooks';
import { Mark } from '../navigation/mark.tsx';
import { useServices } from '../services.ts';

/** Asks for name and password, or for a token, and says where to find one. */
export function SignInPage({ reason }: { reason?: string | undefined }) {
  const { session } = useServices();
  const field = useRef<HTMLInputElement>(null);
  const [failure, setFailure] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const onSubmit = async (event: Event) => {
    event.preventDefault();
    const token = field.current?.value.trim() ?? '';
    const isByName = name.trim() !== '' || password !== '';
    if (token === '' && (name.trim() === '' || password === '')) {
      setFailure(isByName ? 'Give both, name and password.' : 'Give name and password, or paste the token.');
      return;
    }
    setBusy(true);
    const why = await session.signIn(isByName ? { name: name.trim(), password } : { token });
    if (why === undefined) return;
    setBusy(false);
    setFailure(why);
    if (!isByName) field.current?.select();
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
        <label for="name">Name</label>
        <input
          id="name"
          type="text"
          autocomplete="username"
          spellcheck={false}
          maxLength={64}
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
        <label for="password">Password</label>
        <input
          id="password"
          type="password"
          autocomplete="current-password"
          maxLength={256}
          value={password}
          onInput={(event) => setPassword(event.currentTarget.value)}
        />
        <p class="muted">Or with a token instead:</p>
        <label for="token">Token</label>
        <input
          id="token"
          ref={field}
          type="password"
          autocomplete="off"
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
            On its first start the hub wrote an administrator's token to <code>admin.token</code> in its data folder.
            The folder is <code>./data</code> (of <code>npm start</code>: <code>./data/hub</code>), or what{' '}
            <code>--data-dir</code> or <code>VEDETTE_DATA_DIR</code> says. On the hub's machine:
          </p>
          <pre>cat data/admin.token data/hub/admin.token</pre>
          <p>Of the Debian package:</p>
          <pre>sudo cat /var/lib/vedette-hub/admin.token</pre>
          <p>A one-time link that the hub printed signs you in without a token.</p>
        </div>
      </form>
    </main>
  );
}
