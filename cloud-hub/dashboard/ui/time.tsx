import { useServices } from '../services.ts';
import { ago, moment } from './format.ts';

/** A time of the reader's place; its title is ISO 8601 in UTC. */
export function Time({ at, relative = false }: { at: string; relative?: boolean }) {
  const { now } = useServices();
  const ms = Date.parse(at);
  return (
    <time class="num" dateTime={at} title={at}>
      {relative ? ago(ms, now.value) : moment(ms, now.value)}
    </time>
  );
}
