import { useState } from 'preact/hooks';
import type { Role, User } from '../../contract/identity.ts';
import { useServices } from '../services.ts';
import { Dialog } from '../ui/dialog.tsx';
import { FormField } from '../ui/form-field.tsx';
import { useAct } from '../ui/use-act.ts';
import { InviteLink } from './invite-link.tsx';
import { RightsFields } from './rights-fields.tsx';
import { scopeOfText, scopeWords } from './scope-text.ts';

interface UserDialogProps {
  /** Whose rights are changed; absent: somebody new is invited. */
  readonly user?: User;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

/** Invites a person and shows the link once, or changes what one may do. */
export function UserDialog({ user, onDone, onClose }: UserDialogProps) {
  const { api } = useServices();
  const act = useAct();
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>(user?.role ?? 'viewer');
  const [scope, setScope] = useState(user?.scope ? scopeWords(user.scope) : '');
  const [secret, setSecret] = useState<string>();
  const save = async () => {
    const seen = role === 'admin' ? undefined : scopeOfText(scope);
    const rights = { role, ...(seen === undefined ? {} : { scope: seen }) };
    if (user) return void (await api.changeUserRights(user, rights));
    return (await api.addUser({ name: name.trim(), ...rights })).invitation;
  };
  if (secret !== undefined) return <InviteLink name={name} secret={secret} onClose={onClose} />;
  return (
    <Dialog title={user ? `Change ${user.name}` : 'Invite a person'} onClose={onClose}>
      <form
        class="alert-form"
        onSubmit={(event) => {
          event.preventDefault();
          act.run(save, (made) => {
            onDone();
            if (made === undefined) onClose();
            else setSecret(made);
          });
        }}
      >
        {!user && <FormField name="name" title="Name" value={name} help="a–z, 0–9, “-” and “_”" onInput={setName} />}
        <RightsFields role={role} scope={scope} onRole={setRole} onScope={setScope} />
        {user && <p class="muted">Open sessions of {user.name} end.</p>}
        {act.failure && (
          <p class="bad-text refusal" role="alert">
            {act.failure}
          </p>
        )}
        <footer class="dialog-foot">
          <button type="submit" class="button primary" disabled={act.isBusy}>
            {user ? 'Change' : 'Invite'}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
