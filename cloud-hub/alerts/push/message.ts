/** What a browser gets of a notification, encrypted for it alone (RFC 8291), and bounded: a push service takes 4,096 bytes. Pure. */
import { createECDH, createHash } from 'node:crypto';
import { encrypt } from 'http_ece';
import type { Notification } from '../../contract/alert.ts';
import type { PushKeysOfBrowser } from '../../contract/push.ts';

const MOST_TITLE = 200;
const MOST_TEXT = 600;
/** What is not delivered in a day is not told any more. */
const TTL_S = 86_400;

/** Read by push-worker.js of the dashboard. */
export interface PushPayload {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly state: Notification['state'];
  readonly severity: Notification['severity'];
}

export function payloadOf({ id, title, text, state, severity }: Notification): PushPayload {
  return { id, title: title.slice(0, MOST_TITLE), text: text.slice(0, MOST_TEXT), state, severity };
}

export function sealed(payload: PushPayload, { p256dh, auth }: PushKeysOfBrowser): Buffer {
  const privateKey = createECDH('prime256v1');
  privateKey.generateKeys();
  const plain = Buffer.from(JSON.stringify(payload));
  return encrypt(plain, { version: 'aes128gcm', dh: p256dh, privateKey, authSecret: auth });
}

/** Headers of the request, but for `authorization`. A repeat has the same topic: it replaces one that still waits at the service. */
export function headersOf({ id, severity }: Pick<Notification, 'id' | 'severity'>): Record<string, string> {
  return {
    'content-type': 'application/octet-stream',
    'content-encoding': 'aes128gcm',
    ttl: String(TTL_S),
    urgency: severity === 'info' ? 'normal' : 'high',
    topic: createHash('sha256').update(id).digest('base64url').slice(0, 32),
  };
}
