/**
 * Webhooks: the notification as a CloudEvent (CloudEvents 1.0, JSON format, structured mode over HTTP). With a secret it is signed:
 * `vedette-signature: t=SECONDS,v1=HEX`, HMAC-SHA256 of `SECONDS.BODY`. A receiver compares it in constant time, refuses a time
 * that is minutes off, and drops an `id` that it has seen.
 */
import { createHmac } from 'node:crypto';
import { post } from '../post.ts';
import type { Send } from './channel.ts';
import { cloudEventOf } from './cloud-event.ts';

export const webhook: Send = async ({ channel, secret, notification, picture, addresses, nowS, signal }) => {
  const body = JSON.stringify(cloudEventOf(notification, channel.pictures ? picture : undefined));
  const headers = {
    'content-type': 'application/cloudevents+json',
    ...(secret === undefined ? {} : { 'vedette-signature': `t=${nowS},v1=${signatureOf(secret, nowS, body)}` }),
  };
  await post({ url: channel.url ?? '', headers, body, addresses, signal });
};

export function signatureOf(secret: string, seconds: number, body: string): string {
  return createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
}
