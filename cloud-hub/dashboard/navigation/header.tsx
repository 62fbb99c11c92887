import type { Identity } from '../../contract/identity.ts';
import { scopeWords } from '../access/scope-text.ts';
import { useServices } from '../services.ts';
import { FeedBadge } from './feed-badge.tsx';
import { Link } from './link.tsx';
import { Mark } from './mark.tsx';
import type { Route } from './route.ts';

const accessPages = ['users', 'tokens', 'sessions', 'erasures', 'audit'] as const;

export function Header({ identity, route }: { identity: Identity; route: Route }) {
  const { session } = useServices();
  return (
    <header class="header">
      <Link class="brand" to={{ page: 'fleet' }}>
        <Mark />
        <span>Vedette</span>
      </Link>
      <nav class="nav" aria-label="Pages">
        <Link to={{ page: 'fleet' }} current={route.page === 'fleet' || route.page === 'device'}>
          Fleet
        </Link>
        <Link to={{ page: 'events', filter: {} }} current={route.page === 'events'}>
          Events
        </Link>
        <Link to={{ page: 'alerts' }} current={route.page === 'alerts'}>
          Alerts
        </Link>
        {/* These pages are about all devices. */}
        {identity.scope === undefined && (
          <>
            <Link to={{ page: 'models' }} current={route.page === 'models'}>
              Models
            </Link>
            <Link to={{ page: 'rollouts' }} current={route.page === 'rollouts' || route.page === 'rollout'}>
              Rollouts
            </Link>
            <Link to={{ page: 'hybrid' }} current={route.page === 'hybrid'}>
              Hybrid
            </Link>
          </>
        )}
        <Link to={{ page: 'problems', view: 'problems' }} current={route.page === 'problems'}>
          Problems
        </Link>
      </nav>
      <span class="spacer" />
      <FeedBadge />
      <span class="who muted" title={`Signed in as ${identity.name}, ${identity.role}, ${scopeWords(identity.scope)}`}>
        {identity.name === identity.role ? identity.name : `${identity.name} · ${identity.role}`}
      </span>
      <Link
        class="button small quiet"
        to={{ page: identity.role === 'admin' ? 'users' : 'sessions' }}
        current={accessPages.some((page) => page === route.page)}
      >
        Access
      </Link>
      <button type="button" class="button small quiet" onClick={() => void session.signOut()}>
        Sign out
      </button>
    </header>
  );
}
