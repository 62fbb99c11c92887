/** Chooses between the sign-in and the pages, by session and address. */
import { useEffect } from 'preact/hooks';
import { DevicePage } from './pages/device.tsx';
import { EventsPage } from './pages/events.tsx';
import { FleetPage } from './pages/fleet.tsx';
import { ModelsPage } from './pages/models.tsx';
import { RolloutPage } from './pages/rollout.tsx';
import { RolloutsPage } from './pages/rollouts.tsx';
import { SignInPage } from './pages/sign-in.tsx';
import { TroublesPage } from './pages/troubles.tsx';
import { EmptyState } from './parts/empty-state.tsx';
import { Header } from './parts/header.tsx';
import { Link } from './parts/link.tsx';
import { useServices } from './services.ts';
import type { Route } from './state/route.ts';

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
  if (state.kind === 'signed-out') return <SignInPage reason={state.reason} />;
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <Header identity={state.identity} route={route} />
      <main id="main" tabIndex={-1}>
        <Page route={route} />
      </main>
    </>
  );
}

function Page({ route }: { route: Route }) {
  switch (route.page) {
    case 'fleet':
      return <FleetPage />;
    case 'device':
      return <DevicePage key={route.device} id={route.device} stream={route.stream} />;
    case 'events':
      return <EventsPage filter={route.filter} />;
    case 'troubles':
      return <TroublesPage view={route.view} device={route.device} />;
    case 'models':
      return <ModelsPage />;
    case 'rollouts':
      return <RolloutsPage create={route.create} />;
    case 'rollout':
      return <RolloutPage key={route.id} id={route.id} />;
    case 'missing':
      return (
        <EmptyState title="There is no such page" detail="The address may be mistyped, or from a newer version.">
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
    troubles: 'Troubles',
    models: 'Models',
    rollouts: 'Rollouts',
    rollout: route.page === 'rollout' ? `Rollout ${route.id}` : '',
    missing: 'Not found',
  }[route.page];
  return `${name} · Vedette`;
}
