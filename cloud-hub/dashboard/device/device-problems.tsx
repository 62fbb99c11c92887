import type { Problem } from '../../contract/problem.ts';
import { useLiveList } from '../lists/use-live-list.ts';
import { Link } from '../navigation/link.tsx';
import { ProblemList } from '../problems/problem-list.tsx';
import { useServices } from '../services.ts';
import { Failure } from '../ui/failure.tsx';

const SHOWN = 20;

/** The newest error and loss records of a device. */
export function DeviceProblems({ device }: { device: string }) {
  const { api } = useServices();
  const list = useLiveList<Problem>({
    key: device,
    cap: SHOWN,
    fetchPage: (cursor, signal) => api.problems({ device, cursor, limit: SHOWN }, signal),
    pick: (message) => (message.type === 'problem' && message.problem.device === device ? message.problem : undefined),
  });
  const { items, loading } = list.state.value;
  return (
    <section class="panel" aria-label="Problems">
      <header class="panel-head">
        <h2>Problems</h2>
        <span class="spacer" />
        <Link class="small-link" to={{ page: 'problems', view: 'problems', device }}>
          All
        </Link>
      </header>
      {loading.kind === 'failed' && <Failure reason={loading.reason} onRetry={() => void list.renew()} />}
      {items.length === 0 && loading.kind === 'ready' && <p class="muted hint">No errors, no losses.</p>}
      <div class="panel-scroll">
        <ProblemList problems={items} />
      </div>
    </section>
  );
}
