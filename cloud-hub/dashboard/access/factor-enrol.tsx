import { useState } from 'preact/hooks';
import type { FactorSecret } from '../../contract/sign-in.ts';
import { useServices } from '../services.ts';
import { CodeField } from '../session/code-field.tsx';
import { PasswordField } from '../session/password-field.tsx';
import { Qr } from '../ui/qr.tsx';
import { useAct } from '../ui/use-act.ts';
import { RecoveryCodes } from './recovery-codes.tsx';

/** Sets a second factor up: password, QR code, first code, recovery codes. */
export function FactorEnrol({ onDone }: { onDone: () => void }) {
  const { api } = useServices();
  const act = useAct();
  const [password, setPassword] = useState('');
  const [begun, setBegun] = useState<FactorSecret>();
  const [code, setCode] = useState('');
  const [codes, setCodes] = useState<readonly string[]>();
  if (codes) return <RecoveryCodes codes={codes} onClose={onDone} />;
  const begin = () => act.run(() => api.beginFactor(password), setBegun);
  const confirm = () =>
    act.run(
      () => api.confirmFactor(code.trim()),
      ({ recoveryCodes }) => setCodes(recoveryCodes),
    );
  return (
    <form
      class="alert-form hint"
      onSubmit={(event) => {
        event.preventDefault();
        if (begun) confirm();
        else begin();
      }}
    >
      {begun ? (
        <>
          <p>
            Scan this with an authenticator app on your phone, or type the secret. Then give the code that it shows.
          </p>
          <Qr text={begun.uri} title="QR code of the second factor" />
          <pre class="secret" data-testid="factor-secret">
            {begun.secret.replace(/(.{4})(?=.)/g, '$1 ')}
          </pre>
          <CodeField value={code} isFirst onInput={setCode} />
        </>
      ) : (
        <>
          <p class="muted">
            With a second factor your password alone signs nobody in: an app on your phone shows a code as well.
          </p>
          <PasswordField title="Your password" value={password} autocomplete="current-password" onInput={setPassword} />
        </>
      )}
      {act.failure && (
        <p class="bad-text" role="alert">
          {act.failure}
        </p>
      )}
      <button type="submit" class="button primary" disabled={act.isBusy}>
        {begun ? 'Confirm' : 'Set up a second factor'}
      </button>
    </form>
  );
}
