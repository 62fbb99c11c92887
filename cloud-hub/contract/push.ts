/** Browsers that get notifications of alerts (Web Push): who subscribed which. */
import { z } from 'zod';
import { time } from './time.ts';

/** Made by the browser, base64url: its public key (an uncompressed point of P-256), and a secret of 16 bytes. */
export const pushKeysOfBrowser = z.strictObject({
  p256dh: z.string().regex(/^[A-Za-z0-9_-]{87}=?$/, { error: 'must be 65 bytes as base64url' }),
  auth: z.string().regex(/^[A-Za-z0-9_-]{22}(==)?$/, { error: 'must be 16 bytes as base64url' }),
});
export type PushKeysOfBrowser = z.infer<typeof pushKeysOfBrowser>;

export const newPushSubscription = z.strictObject({
  endpoint: z
    .url({ protocol: /^https$/, error: 'must be the https address that the browser gave' })
    .max(2048)
    .describe('address at the push service of the browser; whoever has it can send to it'),
  keys: pushKeysOfBrowser,
  browser: z.string().trim().min(1).max(64).default('a browser').describe('what people call it: Chrome on Linux'),
});
export type NewPushSubscription = z.infer<typeof newPushSubscription>;

export const pushSubscription = z.object({
  id: z.string(),
  user: z.string().describe('whose browser it is'),
  browser: z.string(),
  service: z.string().describe('host of its push service'),
  createdAt: time,
});
export type PushSubscriptionView = z.infer<typeof pushSubscription>;

export const pushKey = z.object({ key: z.string().describe('public key of this hub (VAPID), base64url') });
