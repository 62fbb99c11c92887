/** Step 1, on arrival: does the hub take this channel in, and is the message within the channel's size? */
import { channels, type UpChannel } from '../../../shared/contract/channels.ts';
import type { Message } from '../message.ts';

/**
 * The message for the queue; one over the channel's size is rejected already. Undefined for a channel that is not taken in.
 * @param receivedAt wall clock, milliseconds since 1970
 */
export function admit(
  device: string,
  channel: UpChannel,
  payload: Uint8Array,
  receivedAt: number,
): Message | undefined {
  if (channel !== 'records' && channel !== 'status' && channel !== 'report') return undefined;
  const { maxBytes } = channels[channel];
  const message: Message = { device, channel, payload, receivedAt, stored: [], quarantined: [], evicted: 0 };
  if (payload.length > maxBytes)
    message.rejected = `payload of ${payload.length} bytes exceeds the ${maxBytes} of up/${channel}`;
  return message;
}
