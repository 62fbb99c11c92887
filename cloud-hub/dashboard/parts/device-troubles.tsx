import type { Trouble } from '../../api/schemas/api.ts';
import { useServices } from '../services.ts';
import { Failure } from './failure.tsx';
import { Link } from './link.tsx';
import { TroubleList } from './trouble-list.tsx';
import { useLiveList } from './use-live-list.ts';

const SHOWN = 20;

/** The newest error and loss records of a device. */
export function DeviceTroubles({ device }: { device: string }) {
  const { api } = useServices();
  const list = useLiveList<Trouble>({
    key: device,
    cap: SHOWN,
    fetchPage: (cursor, signal) => api.troubles({ device, cursor, limit: SHOWN }, signal),
    pick: (message) => (message.type === 'trouble' && message.trouble.device === device ? message.trouble : undefined),
  });
  const { items, loading } = list.state.value;
  return (
    <section class="panel" aria-label="Troubles">
      <header class="panel-head">
        <h2>Troubles</h2>
        <span class="spacer" />
        <Link class="small-link" to={{ page: 'troubles', view: 'troubles', device }}>
          All
        </Link>
      </header>
      {loading.kind === 'failed' && <Failure reason={loading.reason} onRetry={() => void list.renew()} />}
      {items.length === 0 && loading.kind === 'ready' && <p class="muted hint">No errors, nothing lost.</p>}
      <div class="panel-scroll">
        <TroubleList troubles={items} />
      </div>
    </section>
  );
}
