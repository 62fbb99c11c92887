import './hub/jitless.ts';
import 'uplot/dist/uPlot.min.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/layout.css';
import './styles/dialogs.css';
import './styles/sign-in.css';
import './styles/fleet.css';
import './styles/fleet-narrow.css';
import './styles/device.css';
import './styles/events.css';
import './styles/reading.css';
import './styles/forms.css';
import './styles/models.css';
import './styles/rollout.css';
import './styles/hybrid.css';
import { signal } from '@preact/signals';
import { render } from 'preact';
import { createBackoff } from '../../shared/kit/backoff.ts';
import { App } from './app.tsx';
import { createApi, feedUrl } from './hub/api.ts';
import { browserClock } from './hub/browser-clock.ts';
import { createFeed } from './hub/feed.ts';
import { createSharedState } from './hub/shared-state.ts';
import { openSocket } from './hub/socket.ts';
import { createUpload } from './models/upload.ts';
import { acknowledgementOf, codeOf, faultOf, invitationOf } from './navigation/route.ts';
import { createRouter } from './navigation/router.ts';
import { ServicesProvider } from './services.ts';
import { faultText } from './session/fault-text.ts';
import { createSession } from './session/session.ts';

function main(root: HTMLElement): void {
  const clock = browserClock;
  const page = new URL(window.location.href);
  const code = codeOf(page.hash);
  const invitation = invitationOf(page.hash);
  const acknowledge = acknowledgementOf(page.hash);
  const fault = faultOf(page.hash);
  // A one-time code is worth nothing after use, but the address bar gets copied and filmed.
  if (code || invitation || acknowledge || fault) window.history.replaceState(null, '', page.pathname + page.search);

  const api = createApi({
    fetch: (input, init) => fetch(input, init),
    onUnauthorized: () => session.lost(),
    sleep: (ms) => browserClock.sleep(ms),
  });
  const session = createSession(api);
  const feed = createFeed({
    open: (handlers) => openSocket(new URL(document.baseURI), feedUrl, handlers),
    clock,
    backoff: createBackoff(500, 30_000),
    // The browser does not say why a WebSocket was refused; a session that is over answers 401 here.
    onRefused: () => void api.me().catch(() => undefined),
  });
  const shared = createSharedState(api, feed, clock);

  const now = signal(clock.wall());
  clock.every(1000, () => {
    now.value = clock.wall();
  });
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  const isDark = signal(dark.matches);
  dark.addEventListener('change', () => {
    isDark.value = dark.matches;
  });
  const isVisible = signal(!document.hidden);
  document.addEventListener('visibilitychange', () => {
    isVisible.value = !document.hidden;
  });
  window.addEventListener('online', () => feed.retry());

  let isRunning = false;
  session.state.subscribe((state) => {
    const mayRead = state.kind === 'signed-in' && !state.identity.mustEnrol;
    if (mayRead && !isRunning) shared.start();
    else if (!mayRead && isRunning) shared.stop();
    isRunning = mayRead;
  });
  if (invitation) session.invited(invitation);
  else if (acknowledge) session.asked(acknowledge);
  else if (fault) void session.cameBack(faultText(fault));
  else void session.begin(code);

  const upload = createUpload({ open: () => new XMLHttpRequest() });
  const router = createRouter(window);
  const services = { api, clock, feed, router, session, shared, upload, now, isDark, isVisible };
  render(
    <ServicesProvider value={services}>
      <App />
    </ServicesProvider>,
    root,
  );
}

const root = document.getElementById('app');
if (root) main(root);
