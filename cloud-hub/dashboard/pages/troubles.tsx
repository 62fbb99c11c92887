import type { Quarantined, Trouble } from '../../api/schemas/api.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { Link } from '../parts/link.tsx';
import { More } from '../parts/more.tsx';
import { Time } from '../parts/time.tsx';
import { TroubleList } from '../parts/trouble-list.tsx';
import { useLiveList } from '../parts/use-live-list.ts';
import { useServices } from '../services.ts';
import { bytes, whole } from '../state/format.ts';

interface TroublesPageProps {
  readonly view: 'troubles' | 'quarantine';
  readonly device?: string | undefined;
}

const CAP = 1000;
const PAGE = 100;

/** What went wrong on devices, and what the hub would not take from them. */
export function TroublesPage({ view, device }: TroublesPageProps) {
  const of = device === undefined ? {} : { device };
  return (
    <>
      <div class="page-head">
        <h1>Troubles</h1>
        {device !== undefined && (
          <Link class="pill clear" to={{ page: 'troubles', view }} title="Show all devices" replace>
            {device} ×
          </Link>
        )}
      </div>
      <nav class="tabs" aria-label="Kinds of trouble">
        <Link class="tab" replace to={{ page: 'troubles', view: 'troubles', ...of }} current={view === 'troubles'}>
          Errors and losses
        </Link>
        <Link class="tab" replace to={{ page: 'troubles', view: 'quarantine', ...of }} current={view === 'quarantine'}>
          Quarantine
        </Link>
      </nav>
      {view === 'troubles' ? <Troubles device={device} /> : <Quarantine device={device} />}
    </>
  );
}

function Troubles({ device }: { device: string | undefined }) {
  const { api } = useServices();
  const list = useLiveList<Trouble>({
    key: device ?? '',
    cap: CAP,
    fetchPage: (cursor, signal) => api.troubles({ device, cursor, limit: PAGE }, signal),
    pick: (message) =>
      message.type === 'trouble' && (device === undefined || message.trouble.device === device)
        ? message.trouble
        : undefined,
  });
  const { items, loading } = list.state.value;
  if (items.length === 0 && loading.kind === 'ready')
    return <EmptyState title="No troubles" detail="No device has reported an error, and no record was given up." />;
  return (
    <section class="panel">
      <TroubleList troubles={items} withDevice />
      <More list={list} noun="records" />
    </section>
  );
}

function Quarantine({ device }: { device: string | undefined }) {
  const { api } = useServices();
  const list = useLiveList<Quarantined>({
    key: device ?? '',
    cap: CAP,
    fetchPage: (cursor, signal) => api.quarantine({ device, cursor, limit: PAGE }, signal),
    pick: () => undefined,
  });
  const { items, loading } = list.state.value;
  if (items.length === 0 && loading.kind === 'ready') {
    return (
      <EmptyState
        title="The quarantine is empty"
        detail="Records that the hub cannot understand are kept here with the reason, so that one bad record never blocks the good ones."
      />
    );
  }
  return (
    <section class="panel">
      <ul class="troubles">
        {items.map((item) => (
          <li key={item.id} data-testid="quarantined">
            <span class="pill bad">refused</span>
            <div class="trouble-text">
              <p>
                <Link to={{ page: 'device', device: item.device }}>{item.device}</Link>
                <span class="faint num">
                  {' · '}
                  {bytes(item.bytes)}
                  {item.from !== undefined && ` · ${range(item)}`}
                  {item.epoch !== undefined && ` · epoch ${item.epoch}`}
                </span>
              </p>
              <p class="muted message">{item.reason}</p>
            </div>
            <Time at={item.receivedAt} />
          </li>
        ))}
      </ul>
      <More list={list} noun="records" />
    </section>
  );
}

function range({ from = 0, to = from }: Quarantined): string {
  return from === to ? `number ${whole(from)}` : `numbers ${whole(from)}–${whole(to)}`;
}
