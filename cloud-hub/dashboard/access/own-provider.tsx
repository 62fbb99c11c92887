import { useState } from 'preact/hooks';
import { useServices } from '../services.ts';
import { PasswordField } from '../session/password-field.tsx';
import { pageNow, useProviderTitle } from '../session/provider-button.tsx';
import { useAct } from '../ui/use-act.ts';

/** Connects whoever is signed in with his account of the identity provider. */
export function OwnProvider({ isConnected }: { isConnected: boolean }) {
  const { api } = useServices();
  const title = useProviderTitle();
  const act = useAct();
  const [password, setPassword] = useState('');
  if (title === undefined) return null;
  return (
    <section class="panel" aria-label={`Sign in with ${title}`}>
      <header class="panel-head">
        <h2>Sign in with {title}</h2>
      </header>
      {isConnected ? (
        <p class="hint" data-testid="provider-on">
          <span class="pill good">on</span> You can sign in with your account there.
        </p>
      ) : (
        <form
          class="alert-form hint"
          onSubmit={(event) => {
            event.preventDefault();
            act.run(
              () => api.connectProvider({ back: pageNow(), password }),
              ({ location }) => window.location.assign(location),
            );
          }}
        >
          <p class="muted">Connect your account there: then it signs you in, and you need no password here.</p>
          <PasswordField title="Your password" value={password} autocomplete="current-password" onInput={setPassword} />
          {act.failure && (
            <p class="bad-text" role="alert">
              {act.failure}
            </p>
          )}
          <button type="submit" class="button primary" disabled={act.isBusy}>
            Connect
          </button>
        </form>
      )}
    </section>
  );
}
