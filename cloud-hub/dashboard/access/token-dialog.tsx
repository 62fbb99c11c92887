import { useState } from 'preact/hooks';
import type { Role } from '../../contract/identity.ts';
import { useServices } from '../services.ts';
import { Dialog } from '../ui/dialog.tsx';
import { FormField } from '../ui/form-field.tsx';
import { useAct } from '../ui/use-act.ts';
import { RightsFields } from './rights-fields.tsx';
import { scopeOfText } from './scope-text.ts';

interface TokenDialogProps {
  readonly onDone: () => void;
  readonly onClose: () => void;
}

/** Makes an API token and shows it once. */
export function TokenDialog({ onDone, onClose }: TokenDialogProps) {
  const { api } = useServices();
  const act = useAct();
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [scope, setScope] = useState('');
  const [days, setDays] = useState('');
  const [secret, setSecret] = useState<string>();
  const save = async () => {
    const seen = role === 'admin' ? undefined : scopeOfText(scope);
    const end = days.trim() === '' ? {} : { days: Number(days) };
    return api.addToken({ name: name.trim(), role, ...(seen === undefined ? {} : { scope: seen }), ...end });
  };
  if (secret !== undefined) {
    return (
      <Dialog title={`The token ${name}`} onClose={onClose}>
        <p>
          Programs send it as <code>Authorization: Bearer …</code>. <strong>It is shown only now.</strong>
        </p>
        <pre class="secret" data-testid="new-token">
          {secret}
        </pre>
        <footer class="dialog-foot">
          <button type="button" class="button primary" onClick={onClose}>
            I have saved it
          </button>
        </footer>
      </Dialog>
    );
  }
  return (
    <Dialog title="New token" onClose={onClose}>
      <form
        class="alert-form"
        onSubmit={(event) => {
          event.preventDefault();
          act.run(save, ({ token }) => {
            setSecret(token);
            onDone();
          });
        }}
      >
        <FormField name="name" title="Name" value={name} help="a–z, 0–9, “-” and “_”" onInput={setName} />
        <RightsFields role={role} scope={scope} onRole={setRole} onScope={setScope} />
        <FormField name="days" title="Ends after" unit="days" value={days} placeholder="never" onInput={setDays} />
        {act.failure && (
          <p class="bad-text refusal" role="alert">
            {act.failure}
          </p>
        )}
        <footer class="dialog-foot">
          <button type="submit" class="button primary" disabled={act.isBusy}>
            Make the token
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
