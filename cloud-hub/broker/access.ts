/**
 * Who may connect, publish and subscribe. Pure but for the look-up of a device's token; denies by default.
 * The username is the device id, the password its token, and the client id is the device id whatever the client says: so
 * a second connection of a device ends its first, and never another device's.
 */
import { channels, mayPublish, maySubscribe, parseTopic, topicOf } from '../../shared/contract/channels.ts';
import { name } from '../../shared/contract/names.ts';
import { matchesDigest } from '../identity/secrets.ts';

export interface ConnectRequest {
  readonly username: string | undefined;
  readonly password: Uint8Array | undefined;
  readonly will: { readonly topic: string; readonly payload: Uint8Array | string } | undefined;
}

/** Longest token that is worth hashing, in bytes. */
const MAX_PASSWORD_BYTES = 256;

/** Undefined when the device may connect, else the reason. */
export function refuseConnect(
  request: ConnectRequest,
  tokenHash: (device: string) => string | undefined,
): 'anonymous' | 'bad username or password' | 'foreign will' | undefined {
  const { username, password, will } = request;
  if (username === undefined || password === undefined) return 'anonymous';
  if (!name.safeParse(username).success || password.length > MAX_PASSWORD_BYTES) return 'bad username or password';
  // An unknown device costs the same time as a wrong token.
  if (!matchesDigest(password, tokenHash(username) ?? '')) return 'bad username or password';
  if (will && (will.topic !== topicOf(username, 'status') || will.payload.length > channels.status.maxBytes)) {
    return 'foreign will';
  }
  return undefined;
}

/** Undefined when `device` may publish this, else the reason. */
export function refusePublish(
  device: string,
  packet: { readonly topic: string; readonly payload: Uint8Array | string; readonly qos: number },
): 'foreign topic' | 'payload too large' | 'qos 2' | undefined {
  const parsed = parseTopic(packet.topic);
  if (!parsed || !mayPublish(device, packet.topic)) return 'foreign topic';
  if (packet.payload.length > channels[parsed.channel].maxBytes) return 'payload too large';
  return packet.qos > 1 ? 'qos 2' : undefined;
}

/** May a message on this topic be retained? */
export function isRetained(topic: string): boolean {
  const parsed = parseTopic(topic);
  return parsed !== undefined && channels[parsed.channel].retain;
}

export function refuseSubscribe(device: string, filter: string): 'foreign filter' | undefined {
  return maySubscribe(device, filter) ? undefined : 'foreign filter';
}
