import type { Silence } from '../../contract/alert.ts';
import { useRead } from '../lists/use-read.ts';
import { useServices } from '../services.ts';
import { useMayOperate } from '../session/use-role.ts';
import { Time } from '../ui/time.tsx';
import { useAct } from '../ui/use-act.ts';
import { AlertPanel } from './alert-panel.tsx';

const EVERY_MS = 10_000;
const MOST = 50;

export function SilenceList() {
  const { api, clock } = useServices();
  const mayOperate = useMayOperate();
  const act = useAct();
  const read = useRead((signal) => api.alertSilences({ limit: MOST }, signal), '', EVERY_MS);
  const stateOf = ({ startsAt, endsAt }: Silence) => {
    const now = clock.wall();
    if (Date.parse(endsAt) <= now) return 'over';
    return Date.parse(startsAt) > now ? 'planned' : 'active';
  };
  return (
    <AlertPanel title="Silences" read={read} empty="Nothing is silenced.">
      {(one) => (
        <li key={one.id} data-testid="silence" data-state={stateOf(one)}>
          <span class={`pill ${stateOf(one) === 'active' ? 'warn' : ''}`}>{stateOf(one)}</span>
          <div class="problem-text">
            <p>
              <strong>{one.rules?.join(', ') ?? 'All rules'}</strong>
              <span class="faint"> · {one.createdBy}</span>
            </p>
            <p class="muted message">{act.failure ?? one.comment}</p>
          </div>
          <span class="muted">
            until <Time at={one.endsAt} />
          </span>
          {mayOperate && stateOf(one) !== 'over' && (
            <span class="page-actions">
              <button
                type="button"
                class="button small"
                disabled={act.isBusy}
                onClick={() => act.run(() => api.endSilence(one.id), read.again)}
              >
                End
              </button>
            </span>
          )}
        </li>
      )}
    </AlertPanel>
  );
}
