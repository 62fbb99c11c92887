import { useState } from 'preact/hooks';
import { useServices } from '../services.ts';
import { CodeField } from '../session/code-field.tsx';
import { PasswordField } from '../session/password-field.tsx';
import { useAct } from '../ui/use-act.ts';
import { RecoveryCodes } from './recovery-codes.tsx';

interface FactorManageProps {
  readonly codesLeft: number;
  readonly onChange: () => void;
}

/** A second factor that is there: new recovery codes, and its end. Both ask for password and code. */
export function FactorManage({ codesLeft, onChange }: FactorManageProps) {
  const { api } = useServices();
  const act = useAct();
  const [wanted, setWanted] = useState<'codes' | 'remove'>();
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [codes, setCodes] = useState<readonly string[]>();
  const done = () => {
    setWanted(undefined);
    setCodes(undefined);
    setPassword('');
    setCode('');
    onChange();
  };
  if (codes) return <RecoveryCodes codes={codes} onClose={done} />;
  const proof = { password, code: code.trim() };
  const submit = () => {
    if (wanted === 'remove') act.run(() => api.removeFactor(proof), done);
    else
      act.run(
        () => api.renewRecoveryCodes(proof),
        (made) => setCodes(made.recoveryCodes),
      );
  };
  return (
    <form
      class="alert-form hint"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <p data-testid="factor-on">
        <span class="pill good">on</span> You sign in with your password and a code of your phone.{' '}
        {codesLeft === 1 ? '1 recovery code is left.' : `${codesLeft} recovery codes are left.`}
      </p>
      {wanted === undefined ? (
        <span class="page-actions">
          <button type="button" class="button small" onClick={() => setWanted('codes')}>
            New recovery codes…
          </button>
          <button type="button" class="button small" onClick={() => setWanted('remove')}>
            Remove the second factor…
          </button>
        </span>
      ) : (
        <>
          <PasswordField title="Your password" value={password} autocomplete="current-password" onInput={setPassword} />
          <CodeField value={code} onInput={setCode} />
          {act.failure && (
            <p class="bad-text" role="alert">
              {act.failure}
            </p>
          )}
          <span class="page-actions">
            <button type="button" class="button" onClick={() => setWanted(undefined)}>
              Cancel
            </button>
            <button type="submit" class="button primary" disabled={act.isBusy}>
              {wanted === 'remove' ? 'Remove it' : 'Make new codes'}
            </button>
          </span>
        </>
      )}
    </form>
  );
}
