import { useRead } from '../lists/use-read.ts';
import { useServices } from '../services.ts';
import { ListPanel } from '../ui/list-panel.tsx';
import { Time } from '../ui/time.tsx';
import { useAct } from '../ui/use-act.ts';
import { wayText } from './words.ts';

const EVERY_MS = 10_000;
const MOST = 200;

/** Who is signed in, and ending it: an admin sees all, others their own. */
export function SessionList() {
  const { api } = useServices();
  const act = useAct();
  const read = useRead((signal) => api.sessions({ limit: MOST }, signal), '', EVERY_MS);
  return (
    <>
      <ListPanel title="Sessions" read={read} empty="Nobody is signed in.">
        {(one) => (
          <li key={one.id} data-testid="session" data-current={one.current}>
            <span class={`pill ${one.role === 'admin' ? 'warn' : ''}`}>{one.role}</span>
            <div class="problem-text">
              <p>
                <strong>{one.name}</strong>
                {one.current && <span class="faint"> · this browser</span>}
              </p>
              <p class="muted message">
                {wayText(one.way)} · since <Time at={one.createdAt} /> · until <Time at={one.expiresAt} />
              </p>
            </div>
            {!one.current && (
              <span class="page-actions">
                <button
                  type="button"
                  class="button small"
                  disabled={act.isBusy}
                  onClick={() => act.run(() => api.endSession(one.id), read.again)}
                >
                  End
                </button>
              </span>
            )}
          </li>
        )}
      </ListPanel>
      {act.failure && (
        <p class="bad-text" role="alert">
          {act.failure}
        </p>
      )}
    </>
  );
}
