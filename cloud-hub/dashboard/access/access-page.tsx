import { useMayAdminister } from '../session/use-role.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { AccessTabs } from './access-tabs.tsx';
import { OwnSignIn } from './own-sign-in.tsx';
import { SessionList } from './session-list.tsx';
import { TokenList } from './token-list.tsx';
import { UserList } from './user-list.tsx';

/** Who may do what: users, tokens, sessions. */
export function AccessPage({ view }: { view: 'users' | 'tokens' | 'sessions' }) {
  const isAdmin = useMayAdminister();
  return (
    <>
      <div class="page-head">
        <h1>Access</h1>
      </div>
      <AccessTabs page={view} />
      <div class="stack">
        {view === 'sessions' ? (
          <>
            <SessionList />
            <OwnSignIn />
          </>
        ) : !isAdmin ? (
          <EmptyState title="Only for admins" detail="Your role does not decide who may do what." />
        ) : view === 'users' ? (
          <UserList />
        ) : (
          <TokenList />
        )}
      </div>
    </>
  );
}
