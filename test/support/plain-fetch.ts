/** The agent's way to a hub without TLS. */
import { systemClock } from '../../shared/kit/clock.ts';
import { fetchOver } from '../../shared/pki/fetch.ts';
import { exactTime } from '../../shared/pki/time.ts';

export const plainFetch = fetchOver({ trust: 'system', time: () => exactTime(systemClock.wall()), clock: systemClock });
