import { useRead } from '../lists/use-read.ts';
import { Link } from '../navigation/link.tsx';
import { useServices } from '../services.ts';
import { whole } from '../ui/format.ts';
import { Time } from '../ui/time.tsx';
import { DAYS_LEFT, endText } from './certificate-end.ts';

const EVERY_MS = 300_000;
const MOST = 20;

/** Devices whose certificates end soon: they should have renewed them by now. Nothing where there is none. */
export function EndingCertificates() {
  const { api, now } = useServices();
  const read = useRead((signal) => api.certificates({ endsInDays: DAYS_LEFT, limit: MOST }, signal), '', EVERY_MS);
  const { items = [], next } = read.state.value.answer ?? {};
  if (items.length === 0) return null;
  return (
    <section class="panel fleet-notes" aria-label="Certificates near their end" data-testid="ending-certificates">
      <header class="panel-head">
        <h2>Certificates near their end</h2>
        <span class="muted num">{`${whole(items.length)}${next === undefined ? '' : '+'}`}</span>
      </header>
      <p class="hint muted">
        A device renews its certificate by itself while it reaches the hub, and for a time of grace after its end (60
        days, <code>--grace-days</code>). After that it must be enrolled again.
      </p>
      <ul>
        {items.map(({ id, device, endsAt }) => (
          <li key={id}>
            <Link to={{ page: 'device', device }}>{device}</Link>
            <span class={Date.parse(endsAt) <= now.value ? 'bad-text' : 'warn-text'}>
              {endText(Date.parse(endsAt), now.value)}
            </span>
            <Time at={endsAt} />
          </li>
        ))}
      </ul>
    </section>
  );
}
