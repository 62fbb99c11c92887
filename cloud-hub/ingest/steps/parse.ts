/** Step 1, on arrival: which device, which channel, within the channel's size? */
import { channels, parseTopic } from '../../../shared/contract/channels.ts';
import type { Message } from '../message.ts';

export type Parsed =
  | { readonly kind: 'message'; readonly message: Message }
  /** A channel that this hub does not take in. */
  | { readonly kind: 'ignored'; readonly channel: string }
  | { readonly kind: 'oversized'; readonly message: Message; readonly reason: string };

/** @param receivedAt wall clock, milliseconds since 1970 */
export function parse(topic: string, payload: Uint8Array, receivedAt: number): Parsed {
  const parsed = parseTopic(topic);
  if (!parsed) return { kind: 'ignored', channel: 'unknown' };
  const { device, channel } = parsed;
  if (channel !== 'records' && channel !== 'status' && channel !== 'report') return { kind: 'ignored', channel };
  const message: Message = { device, channel, payload, receivedAt, stored: [], quarantined: [], evicted: 0 };
  const { maxBytes } = channels[channel];
  if (payload.length <= maxBytes) return { kind: 'message', message };
  return {
    kind: 'oversized',
    message,
    reason: `payload of ${payload.length} bytes exceeds the ${maxBytes} of up/${channel}`,
  };
}
