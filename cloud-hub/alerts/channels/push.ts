/** Web Push: the browsers that people subscribed on the page of alerts. A delivery goes to one of them, a test to all. */
import { messageOf } from '../../../shared/kit/errors.ts';
import type { Send } from './channel.ts';

export const push: Send = async ({ channel, target, notification, browsers, nowS, signal }) => {
  if (target !== undefined) return browsers.send(target, notification, nowS, signal);
  const all = await browsers.of(channel.users);
  if (all.length === 0) throw new Error('no browser is subscribed: people do that on the page of alerts');
  const ends = await Promise.allSettled(all.map((id) => browsers.send(id, notification, nowS, signal)));
  const failed = ends.flatMap((end) => (end.status === 'rejected' ? [messageOf(end.reason)] : []));
  if (failed.length > 0) throw new Error(`${failed.length} of ${all.length} browsers did not get it: ${failed[0]}`);
};
