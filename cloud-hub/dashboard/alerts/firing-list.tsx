import { useRead } from '../lists/use-read.ts';
import { Link } from '../navigation/link.tsx';
import { useServices } from '../services.ts';
import { whole } from '../ui/format.ts';
import { Time } from '../ui/time.tsx';
import { AlertPanel } from './alert-panel.tsx';
import { toneOf } from './words.ts';

const EVERY_MS = 5000;
const MOST = 200;

export function FiringList() {
  const { api } = useServices();
  const read = useRead((signal) => api.alerts({ alertState: 'firing', limit: MOST }, signal), '', EVERY_MS);
  return (
    <AlertPanel title="Firing now" read={read} empty="Nothing fires.">
      {({ id, rule, severity, device, subject, text, count, silenced, since }) => (
        <li key={id} data-testid="alert" data-rule={rule} data-state={silenced ? 'silenced' : 'firing'}>
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
          </div>
          <Time at={since} />
        </li>
      )}
    </AlertPanel>
  );
}
