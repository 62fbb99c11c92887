/** ntfy: publishing as JSON to the root of a server (ntfy documentation, "Publish as JSON"). */
import { post } from '../post.ts';
import type { Send } from './channel.ts';

const priorities = { info: 3, warning: 4, critical: 5 } as const;

export const ntfy: Send = async ({ channel, secret, notification, addresses, signal }) => {
  const { title, text, severity, state, id, acknowledge } = notification;
  const body = JSON.stringify({
    topic: channel.topic,
    title,
    message: text,
    priority: state === 'resolved' ? 2 : priorities[severity],
    ...(acknowledge === undefined
      ? {}
      : { actions: [{ action: 'view', label: 'I take care of it', url: acknowledge }] }),
    tags: [state === 'resolved' ? 'white_check_mark' : 'warning'],
  });
  const headers = {
    'content-type': 'application/json',
    'x-vedette-id': id,
    ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }),
  };
  await post({ url: new URL('/', channel.url).href, headers, body, addresses, signal });
};
