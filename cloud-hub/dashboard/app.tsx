/** Chooses between the sign-in and the pages, by session and address. */
import { useEffect } from 'preact/hooks';
import { AccessPage } from './access/access-page.tsx';
import { AuditPage } from './access/audit-page.tsx';
import { ErasuresPage } from './access/erasures-page.tsx';
import { AcknowledgePage } from './alerts/acknowledge-page.tsx';
import { AlertsPage } from './alerts/alerts-page.tsx';
import { DevicePage } from './device/device-page.tsx';
import { EventsPage } from './events/events-page.tsx';
import { FleetPage } from './fleet/fleet-page.tsx';
import { HybridPage } from './hybrid/hybrid-page.tsx';
import { ModelsPage } from './models/models-page.tsx';
import { Header } from './navigation/header.tsx';
import { Link } from './navigation/link.tsx';
import type { Route } from './navigation/route.ts';
import { ProblemsPage } from './problems/problems-page.tsx';
import { RolloutPage } from './rollouts/rollout-page.tsx';
import { RolloutsPage } from './rollouts/rollouts-page.tsx';
import { useServices } from './services.ts';
import { EnrolPage } from './session/enrol-page.tsx';
import { JoinPage } from './session/join-page.tsx';
import { SignInPage } from './session/sign-in-page.tsx';
import { EmptyState } from './ui/empty-state.tsx';

export function App() {
  const { session, router } = useServices();
  const state = session.state.value;
  const route = router.route.value;
  const title = titleOf(route);
  useEffect(() => {
    document.title = title;
  }, [title]);

  if (state.kind === 'checking') return <p class="splash muted">Connecting to the hub…</p>;
  if (state.kind === 'unreachable') {
    return (
      <main class="splash">
        <EmptyState title="The hub does not answer" detail={state.reason}>
          <button type="button" class="button primary" onClick={() => void session.begin()}>
            Try again
          </button>
        </EmptyState>
      </main>
    );
  }
  if (state.kind === 'asked') return <AcknowledgePage token={state.acknowledge} onClose={() => void session.begin()} />;
  if (state.kind === 'invited') return <JoinPage invitation={state.invitation} />;
  if (state.kind === 'signed-out') return <SignInPage reason={state.reason} atProvider={state.atProvider} />;
  if (state.identity.mustEnrol) return <EnrolPage />;
  return (
    <>
      <button type="button" class="skip" onClick={skip}>
        Skip to the content
      </button>
      <Header identity={state.identity} route={route} />
      <main id="main" tabIndex={-1}>
        {state.notice && (
          <p class="notice warn" role="status">
            {state.notice}
          </p>
        )}
        <Page route={route} />
      </main>
    </>
  );
}

/** Not a link: `#main` would be relative to <base>, which is another page. */
function skip(): void {
  document.getElementById('main')?.focus();
}

function Page({ route }: { route: Route }) {
  switch (route.page) {
    case 'fleet':
      return <FleetPage />;
    case 'device':
      return <DevicePage key={route.device} id={route.device} stream={route.stream} />;
    case 'events':
      return <EventsPage filter={route.filter} />;
    case 'problems':
      return <ProblemsPage view={route.view} device={route.device} />;
    case 'alerts':
      return <AlertsPage />;
    case 'audit':
      return <AuditPage filter={route.filter} />;
    case 'users':
    case 'tokens':
    case 'sessions':
      return <AccessPage view={route.page} />;
    case 'erasures':
      return <ErasuresPage />;
    case 'models':
      return <ModelsPage />;
    case 'hybrid':
      return <HybridPage />;
    case 'rollouts':
      return <RolloutsPage create={route.create} />;
    case 'rollout':
      return <RolloutPage key={route.id} id={route.id} />;
    case 'missing':
      return (
        <EmptyState title="There is no such page" detail={whyMissing(route.unknown)}>
          <Link class="button" to={{ page: 'fleet' }}>
            To the fleet
          </Link>
        </EmptyState>
      );
  }
}

function titleOf(route: Route): string {
  const name = {
    fleet: 'Fleet',
    device: route.page === 'device' ? route.device : '',
    events: 'Events',
    problems: 'Problems',
    alerts: 'Alerts',
    audit: 'Audit',
    users: 'Users',
    tokens: 'Tokens',
    sessions: 'Sessions',
    erasures: 'Erasures',
    models: 'Models',
    hybrid: 'Hybrid',
    rollouts: 'Rollouts',
    rollout: route.page === 'rollout' ? `Rollout ${route.id}` : '',
    missing: 'Not found',
  }[route.page];
  return `${name} · Vedette`;
}

function whyMissing(unknown: readonly string[] | undefined): string {
  if (!unknown) return 'The address may be mistyped, or from a newer version.';
  return `The address says "${unknown.join('", "')}" behind its "?", which this page does not know.`;
}
