import { Link } from '../navigation/link.tsx';
import type { Route } from '../navigation/route.ts';
import { useMayAdminister } from '../session/use-role.ts';

/** The pages about who may do what: for people who are no admins, only their own sessions. */
export function AccessTabs({ page }: { page: Route['page'] }) {
  const isAdmin = useMayAdminister();
  return (
    <nav class="tabs" aria-label="Access">
      {isAdmin && (
        <>
          <Link class="tab" replace to={{ page: 'users' }} current={page === 'users'}>
            Users
          </Link>
          <Link class="tab" replace to={{ page: 'tokens' }} current={page === 'tokens'}>
            Tokens
          </Link>
        </>
      )}
      <Link class="tab" replace to={{ page: 'sessions' }} current={page === 'sessions'}>
        Sessions
      </Link>
      {isAdmin && (
        <>
          <Link class="tab" replace to={{ page: 'erasures' }} current={page === 'erasures'}>
            Erasures
          </Link>
          <Link class="tab" replace to={{ page: 'audit', filter: {} }} current={page === 'audit'}>
            Audit
          </Link>
        </>
      )}
    </nav>
  );
}
