import { useRead } from '../lists/use-read.ts';
import { useServices } from '../services.ts';
import { ListPanel } from '../ui/list-panel.tsx';
import { Time } from '../ui/time.tsx';
import { useAct } from '../ui/use-act.ts';
import { subscribeHere, whyNoPush } from './push.ts';

const EVERY_MS = 10_000;

/** Browsers that get notifications: one's own (an admin sees those of all), and subscribing this one. */
export function BrowserList() {
  const { api } = useServices();
  const act = useAct();
  const read = useRead((signal) => api.pushSubscriptions(signal), '', EVERY_MS);
  const hindrance = whyNoPush();
  const subscribe = async () => api.subscribeBrowser(await subscribeHere((await api.pushKey()).key));
  const action = (
    <button
      type="button"
      class="button small"
      disabled={act.isBusy || hindrance !== undefined}
      onClick={() => act.run(subscribe, read.again)}
    >
      Notify this browser
    </button>
  );
  const words = act.failure ?? hindrance;
  return (
    <ListPanel title="Browsers" read={read} empty="No browser gets notifications yet." action={action} note={words}>
      {(one) => (
        <li key={one.id} data-testid="browser">
          <span class="pill good">on</span>
          <div class="problem-text">
            <p>
              <strong>{one.browser}</strong>
              <span class="faint"> · {one.user}</span>
            </p>
            <p class="muted message break">
              by {one.service}, since <Time at={one.createdAt} />
            </p>
          </div>
          <span class="page-actions">
            <button
              type="button"
              class="button small"
              disabled={act.isBusy}
              onClick={() => act.run(() => api.unsubscribeBrowser(one.id), read.again)}
            >
              End
            </button>
          </span>
        </li>
      )}
    </ListPanel>
  );
}
