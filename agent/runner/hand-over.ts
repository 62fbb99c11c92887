/**
 * Handing streams over from one runner process to another, while both look at the same sources:
 *
 * 1. the new one starts on standby, loads, warms up and looks at frames until its tracks and rules have seen enough;
 * 2. the old one reads no more, analyses what it has read, and says when its last frame began;
 * 3. the new one speaks, from the frame after that on.
 *
 * Until 2 the old one answers, and nothing has happened if the new one fails. A source that only one process can have (a
 * device) is opened by the new one after 2: of it as many frames are dropped as opening takes.
 */
import type { Clock } from '../../shared/kit/clock.ts';
import type { RunnerProcess } from './process.ts';

/** Loading a large model on a small box takes a while. */
const READY_MS = 90_000;
/** How long it looks before it takes over: an object that stands in a zone must not count as entering it. */
const WARM_MS = 1500;

/**
 * @param onLive called when the new one takes over
 * @throws Error when the new one fails before that; it is ended, and the old one has not been touched
 */
export async function handOver(
  old: RunnerProcess,
  next: RunnerProcess,
  clock: Clock,
  onLive: () => void,
): Promise<void> {
  try {
    next.start();
    await next.ready(READY_MS);
    const [refused] = [...next.refusals()].filter(([stream]) => !old.refusals().has(stream));
    if (refused) throw new Error(`stream "${refused[0]}" is refused: ${refused[1]}`);
    await clock.sleep(WARM_MS);
    // The frames that it looked at may have crashed it.
    await next.ready(0);
  } catch (error) {
    await next.stop();
    throw error;
  }
  const asked = clock.mono();
  const before = old.assignments.map((a) => a.stream);
  const drained = await old.drain();
  const after = before.map((stream) => [stream, drained.get(stream) ?? asked] as const);
  onLive();
  next.live(Object.fromEntries(after));
  await old.stop();
}
