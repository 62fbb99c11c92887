import { useState } from 'preact/hooks';
import type { StreamReport } from '../../../shared/contract/messages/report.ts';
import type { Event } from '../../contract/event.ts';
import { EventDialog } from '../events/event-dialog.tsx';
import { EventRow } from '../events/event-row.tsx';
import { useLiveList } from '../lists/use-live-list.ts';
import { Link } from '../navigation/link.tsx';
import { useServices } from '../services.ts';
import { Failure } from '../ui/failure.tsx';

const CAP = 100;
const PAGE = 50;

/** The newest events of a stream, as they come. */
export function DeviceEvents({ device, stream: { id: stream } }: { device: string; stream: StreamReport }) {
  const { api } = useServices();
  const [open, setOpen] = useState<Event>();
  const list = useLiveList<Event>({
    key: `${device}/${stream}`,
    cap: CAP,
    fetchPage: (cursor, signal) => api.events({ device, stream, cursor, limit: PAGE }, signal),
    pick: (message) =>
      message.type === 'event' && message.event.device === device && message.event.stream === stream
        ? message.event
        : undefined,
    change: (message) => (message.type === 'amendment' ? message.event : undefined),
  });
  const { items, loading } = list.state.value;
  const change = (event: Event) => list.change(event);
  const shown = open && (items.find(({ id }) => id === open.id) ?? open);
  return (
    <section class="panel side" aria-label="Events of this stream">
      <header class="panel-head">
        <h2>Events</h2>
        <span class="spacer" />
        <Link class="small-link" to={{ page: 'events', filter: { device, stream } }}>
          All events
        </Link>
      </header>
      {loading.kind === 'failed' && <Failure reason={loading.reason} onRetry={() => void list.renew()} />}
      <div class="side-scroll">
        <ul class="events rows">
          {items.map((event) => (
            <EventRow key={event.id} event={event} onOpen={setOpen} />
          ))}
        </ul>
        {items.length === 0 && loading.kind === 'ready' && (
          <p class="muted hint">Nothing yet. An event appears when a rule of this stream fires.</p>
        )}
      </div>
      {shown && <EventDialog events={items} event={shown} onShow={setOpen} onChange={change} />}
    </section>
  );
}
