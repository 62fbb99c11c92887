import type { Alert } from '../../contract/alert.ts';
import { useRead } from '../lists/use-read.ts';
import { Link } from '../navigation/link.tsx';
import { useServices } from '../services.ts';
import { useMayOperate } from '../session/use-role.ts';
import { whole } from '../ui/format.ts';
import { ListPanel } from '../ui/list-panel.tsx';
import { Time } from '../ui/time.tsx';
import { useAct } from '../ui/use-act.ts';
import { toneOf } from './words.ts';

const EVERY_MS = 5000;
const MOST = 200;

export function FiringList() {
  const { api } = useServices();
  const read = useRead((signal) => api.alerts({ alertState: 'firing', limit: MOST }, signal), '', EVERY_MS);
  return (
    <ListPanel title="Firing now" read={read} empty="Nothing fires.">
      {(alert) => <FiringRow key={alert.id} alert={alert} onChange={read.again} />}
    </ListPanel>
  );
}

function FiringRow({ alert, onChange }: { alert: Alert; onChange: () => void }) {
  const { api } = useServices();
  const mayOperate = useMayOperate();
  const act = useAct();
  const { id, rule, severity, device, subject, text, count, silenced, since, acknowledged, steps } = alert;
  const state = silenced ? 'silenced' : 'firing';
  return (
    <li data-testid="alert" data-rule={rule} data-state={state} data-acknowledged={acknowledged !== undefined}>
      <span class={`pill ${silenced ? '' : toneOf(severity)}`}>{silenced ? 'silenced' : severity}</span>
      <div class="problem-text">
        <p>
          <strong>{rule}</strong>
          {count > 1 && <span class="num muted"> × {whole(count)}</span>}
          <span class="faint">
            {' · '}
            <Link to={{ page: 'device', device, ...(subject === '' ? {} : { stream: subject }) }}>
              {subject === '' ? device : `${device}/${subject}`}
            </Link>
          </span>
        </p>
        <p class="muted message">{text}</p>
        {(acknowledged || steps !== undefined) && (
          <p class="muted message">
            {acknowledged
              ? `${acknowledged.by} takes care of it`
              : `nobody has acknowledged it: step ${steps} was told`}
          </p>
        )}
        {act.failure && (
          <p class="bad-text" role="alert">
            {act.failure}
          </p>
        )}
      </div>
      <Time at={since} />
      {mayOperate && !acknowledged && (
        <span class="page-actions">
          <button
            type="button"
            class="button small"
            disabled={act.isBusy}
            onClick={() => act.run(() => api.acknowledge(id), onChange)}
          >
            Acknowledge
          </button>
        </span>
      )}
    </li>
  );
}
