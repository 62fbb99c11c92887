import { useState } from 'preact/hooks';
import type { Silence } from '../../contract/alert.ts';
import { useRead } from '../lists/use-read.ts';
import { useServices } from '../services.ts';
import { useMayOperate } from '../session/use-role.ts';
import { ListPanel } from '../ui/list-panel.tsx';
import { Time } from '../ui/time.tsx';
import { useAct } from '../ui/use-act.ts';
import { SilenceDialog } from './silence-dialog.tsx';

const EVERY_MS = 10_000;
const MOST = 50;

export function SilenceList() {
  const { api, clock } = useServices();
  const mayOperate = useMayOperate();
  const act = useAct();
  const [isNew, setNew] = useState(false);
  const read = useRead((signal) => api.alertSilences({ limit: MOST }, signal), '', EVERY_MS);
  const stateOf = ({ endsAt, active }: Silence) => {
    if (Date.parse(endsAt) <= clock.wall()) return 'over';
    return active ? 'active' : 'planned';
  };
  const close = () => setNew(false);
  const action = mayOperate && (
    <button type="button" class="button small" onClick={() => setNew(true)}>
      New silence…
    </button>
  );
  return (
    <>
      <ListPanel title="Silences" read={read} empty="Nothing is silenced." action={action}>
        {(one) => (
          <li key={one.id} data-testid="silence" data-state={stateOf(one)}>
            <span class={`pill ${stateOf(one) === 'active' ? 'warn' : ''}`}>{stateOf(one)}</span>
            <div class="problem-text">
              <p>
                <strong>{one.rules?.join(', ') ?? 'All rules'}</strong>
                <span class="faint"> · {one.createdBy}</span>
              </p>
              <p class="muted message">{act.failure ?? one.comment}</p>
              {one.schedule && (
                <p class="muted message break">
                  each week: {one.schedule.cron.join('; ')} ({one.schedule.timezone})
                </p>
              )}
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
      </ListPanel>
      {isNew && (
        <SilenceDialog
          onDone={() => {
            close();
            read.again();
          }}
          onClose={close}
        />
      )}
    </>
  );
}
