import { useEffect, useState } from 'preact/hooks';
import type { Event } from '../../contract/event.ts';
import { More } from '../lists/more.tsx';
import { useLiveList } from '../lists/use-live-list.ts';
import type { EventFilter } from '../navigation/route.ts';
import { useServices } from '../services.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { Segmented } from '../ui/segmented.tsx';
import { EventDialog } from './event-dialog.tsx';
import { matches } from './event-filter.ts';
import { EventFilters } from './event-filters.tsx';
import { EventRow } from './event-row.tsx';

const CAP = 1000;
const PAGE = 60;
/** Further down than this, the reader is reading: new events wait. */
const READING_FROM_PX = 240;

const looks = [
  { id: 'grid', title: 'Grid' },
  { id: 'rows', title: 'List' },
] as const;

/** Events of the whole fleet, newest first, as they come. */
export function EventsPage({ filter }: { filter: EventFilter }) {
  const { api, router } = useServices();
  const [open, setOpen] = useState<Event>();
  const [look, setLook] = useState<(typeof looks)[number]>(looks[0]);
  const list = useLiveList<Event>({
    key: JSON.stringify(filter),
    cap: CAP,
    fetchPage: (cursor, signal) => api.events({ ...filter, cursor, limit: PAGE }, signal),
    pick: (message) => (message.type === 'event' && matches(filter, message.event) ? message.event : undefined),
    change: (message) => (message.type === 'amendment' ? message.event : undefined),
    // An event comes into such a list by its second opinion or correction, and not at its head.
    renewOn: (message) =>
      message.type === 'amendment' &&
      (filter.opinion !== undefined || filter.correction !== undefined) &&
      matches(filter, message.event),
  });
  const { items, pending, loading } = list.state.value;
  const labels = [...new Set(items.map(({ label }) => label))];
  const change = (event: Event) => list.change(event);
  const shown = open && (items.find(({ id }) => id === open.id) ?? open);

  useEffect(() => {
    const onScroll = () => list.hold(window.scrollY > READING_FROM_PX);
    onScroll();
    window.addEventListener('scroll', onScroll, { passive: true });
    return () => window.removeEventListener('scroll', onScroll);
  }, [list]);

  return (
    <>
      <div class="page-head">
        <h1>Events</h1>
        <span class="spacer" />
        <Segmented label="Look" options={looks} chosen={look} onChoose={setLook} />
      </div>
      <EventFilters
        filter={filter}
        seen={items}
        onChange={(next) => router.go({ page: 'events', filter: next }, 'replace')}
      />
      {pending.length > 0 && (
        <button type="button" class="button primary fresh" onClick={() => window.scrollTo({ top: 0 })}>
          {pending.length} new
        </button>
      )}
      <ul class={`events ${look.id}`}>
        {items.map((event) => (
          <EventRow key={event.id} event={event} onOpen={setOpen} onChange={change} labels={labels} withDevice />
        ))}
      </ul>
      {items.length === 0 && loading.kind === 'ready' && (
        <EmptyState
          title="No events"
          detail={
            Object.keys(filter).length > 0
              ? 'No event matches this filter yet. A new one that matches appears here at once.'
              : 'An event appears here when a rule of a stream fires: a zone, a line, a threshold, an anomaly.'
          }
        />
      )}
      <More list={list} noun="events" />
      {shown && <EventDialog events={items} event={shown} labels={labels} onShow={setOpen} onChange={change} />}
    </>
  );
}
