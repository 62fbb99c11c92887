import type { Event } from '../../contract/event.ts';
import type { EventFilter } from '../navigation/route.ts';

/** Would the hub list this event under that filter? */
export function matches(filter: EventFilter, event: Event): boolean {
  return (
    (filter.device === undefined || filter.device === event.device) &&
    (filter.stream === undefined || filter.stream === event.stream) &&
    (filter.rule === undefined || filter.rule === event.rule) &&
    (filter.label === undefined || filter.label === event.label) &&
    (filter.opinion === undefined || filter.opinion === event.opinion?.outcome) &&
    (filter.correction === undefined || filter.correction === event.correction?.verdict) &&
    (filter.held === undefined || event.hold !== undefined)
  );
}
