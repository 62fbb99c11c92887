import type { Problem } from '../../contract/problem.ts';
import type { Quarantined } from '../../contract/quarantined.ts';
import { More } from '../lists/more.tsx';
import { useLiveList } from '../lists/use-live-list.ts';
import { Link } from '../navigation/link.tsx';
import { useServices } from '../services.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { bytes, whole } from '../ui/format.ts';
import { Time } from '../ui/time.tsx';
import { ProblemList } from './problem-list.tsx';

interface ProblemsPageProps {
  readonly view: 'problems' | 'quarantine';
  readonly device?: string | undefined;
}

const CAP = 1000;
const PAGE = 100;

/** What went wrong on devices, and what the hub would not take from them. */
export function ProblemsPage({ view, device }: ProblemsPageProps) {
  const of = device === undefined ? {} : { device };
  return (
    <>
      <div class="page-head">
        <h1>Problems</h1>
        {device !== undefined && (
          <Link class="pill clear" to={{ page: 'problems', view }} title="Show all devices" replace>
            {device} ×
          </Link>
        )}
      </div>
      <nav class="tabs" aria-label="Kinds of problem">
        <Link class="tab" replace to={{ page: 'problems', view: 'problems', ...of }} current={view === 'problems'}>
          Errors and losses
        </Link>
        <Link class="tab" replace to={{ page: 'problems', view: 'quarantine', ...of }} current={view === 'quarantine'}>
          Quarantine
        </Link>
      </nav>
      {view === 'problems' ? <Problems device={device} /> : <Quarantine device={device} />}
    </>
  );
}

function Problems({ device }: { device: string | undefined }) {
  const { api } = useServices();
  const list = useLiveList<Problem>({
    key: device ?? '',
    cap: CAP,
    fetchPage: (cursor, signal) => api.problems({ device, cursor, limit: PAGE }, signal),
    pick: (message) =>
      message.type === 'problem' && (device === undefined || message.problem.device === device)
        ? message.problem
        : undefined,
  });
  const { items, loading } = list.state.value;
  if (items.length === 0 && loading.kind === 'ready')
    return <EmptyState title="No problems" detail="No device has reported an error or a lost record." />;
  return (
    <section class="panel">
      <ProblemList problems={items} withDevice />
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
        detail="The hub keeps records that it cannot read here, with the reason. One bad record never blocks the good ones."
      />
    );
  }
  return (
    <section class="panel">
      <ul class="problems">
        {items.map((item) => (
          <li key={item.id} data-testid="quarantined">
            <span class="pill bad">refused</span>
            <div class="problem-text">
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
  return from === to ? `sequence ${whole(from)}` : `sequence ${whole(from)}–${whole(to)}`;
}
