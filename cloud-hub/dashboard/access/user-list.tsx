import { useState } from 'preact/hooks';
import type { User } from '../../contract/identity.ts';
import { useRead } from '../lists/use-read.ts';
import { useServices } from '../services.ts';
import { ListPanel } from '../ui/list-panel.tsx';
import { Time } from '../ui/time.tsx';
import { useAct } from '../ui/use-act.ts';
import { InviteLink } from './invite-link.tsx';
import { scopeWords } from './scope-text.ts';
import { UserDialog } from './user-dialog.tsx';
import { UserEnd } from './user-end.tsx';

const EVERY_MS = 10_000;

type Open =
  | { readonly what: 'new' }
  | { readonly what: 'change' | 'remove' | 'reset' | 'part'; readonly user: User }
  | undefined;

/** People: who they are, what they may do, and inviting more. */
export function UserList() {
  const { api } = useServices();
  const act = useAct();
  const read = useRead((signal) => api.users(signal), '', EVERY_MS);
  const [open, setOpen] = useState<Open>();
  const [link, setLink] = useState<{ name: string; secret: string }>();
  const close = () => setOpen(undefined);
  return (
    <>
      <ListPanel
        title="Users"
        read={read}
        empty="Nobody was invited yet: everybody signs in with a token."
        action={
          <button type="button" class="button small" onClick={() => setOpen({ what: 'new' })}>
            Invite…
          </button>
        }
      >
        {(user) => (
          <li key={user.name} data-testid="user" data-state={user.state}>
            <span class={`pill ${user.role === 'admin' ? 'warn' : ''}`}>{user.role}</span>
            <div class="problem-text">
              <p>
                <strong>{user.name}</strong>
                <span class="faint"> · {scopeWords(user.scope)}</span>
              </p>
              {(user.secondFactor || user.provider) && (
                <p class="muted message">
                  {[
                    ...(user.secondFactor ? ['has a second factor'] : []),
                    ...(user.provider ? ['comes by the identity provider'] : []),
                  ].join(' · ')}
                </p>
              )}
              {user.invitedUntil !== undefined && (
                <p class="muted message">
                  A link to choose a password works until <Time at={user.invitedUntil} />
                </p>
              )}
              {user.state === 'invited' && user.invitedUntil === undefined && (
                <p class="muted message">The invitation has ended: make a new link.</p>
              )}
            </div>
            <span class="page-actions">
              <button
                type="button"
                class="button small"
                disabled={act.isBusy}
                onClick={() =>
                  act.run(
                    () => api.inviteUser(user.name),
                    ({ invitation }) => {
                      setLink({ name: user.name, secret: invitation });
                      read.again();
                    },
                  )
                }
              >
                New link
              </button>
              <button type="button" class="button small" onClick={() => setOpen({ what: 'change', user })}>
                Change…
              </button>
              {user.secondFactor && (
                <button type="button" class="button small" onClick={() => setOpen({ what: 'reset', user })}>
                  Reset second factor…
                </button>
              )}
              {user.provider && (
                <button type="button" class="button small" onClick={() => setOpen({ what: 'part', user })}>
                  Part from provider…
                </button>
              )}
              <button type="button" class="button small" onClick={() => setOpen({ what: 'remove', user })}>
                Remove…
              </button>
            </span>
          </li>
        )}
      </ListPanel>
      {act.failure && (
        <p class="bad-text" role="alert">
          {act.failure}
        </p>
      )}
      {link && <InviteLink {...link} onClose={() => setLink(undefined)} />}
      {open?.what === 'new' && <UserDialog onDone={read.again} onClose={close} />}
      {open?.what === 'change' && <UserDialog user={open.user} onDone={read.again} onClose={close} />}
      {open && open.what !== 'new' && open.what !== 'change' && (
        <UserEnd what={open.what} name={open.user.name} onDone={read.again} onClose={close} />
      )}
    </>
  );
}
