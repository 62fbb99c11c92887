import { useState } from 'preact/hooks';
import { useServices } from '../services.ts';
import { PasswordField } from '../session/password-field.tsx';
import { useAct } from '../ui/use-act.ts';

/** Changes the password of whoever has one. */
export function OwnPassword() {
  const { api } = useServices();
  const act = useAct();
  const [before, setBefore] = useState('');
  const [after, setAfter] = useState('');
  const [isDone, setDone] = useState(false);
  return (
    <section class="panel" aria-label="Your password">
      <header class="panel-head">
        <h2>Your password</h2>
      </header>
      <form
        class="alert-form hint"
        onSubmit={(event) => {
          event.preventDefault();
          setDone(false);
          act.run(
            () => api.changePassword(before, after),
            () => {
              setDone(true);
              setBefore('');
              setAfter('');
            },
          );
        }}
      >
        <PasswordField title="Password before" value={before} autocomplete="current-password" onInput={setBefore} />
        <PasswordField title="New password" value={after} autocomplete="new-password" onInput={setAfter} />
        {act.failure && (
          <p class="bad-text" role="alert">
            {act.failure}
          </p>
        )}
        {isDone && (
          <p class="muted" role="status">
            The password is changed; your other sessions have ended.
          </p>
        )}
        <button type="submit" class="button primary" disabled={act.isBusy}>
          Change the password
        </button>
      </form>
    </section>
  );
}
