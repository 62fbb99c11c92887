/**
 * Who may connect, publish and subscribe. Pure, except that a device's token is looked up. What is not allowed is denied.
 * A client certificate says which device it is; without one the username is the device id and the password is its token. The client id
 * is always the device id, whatever the client says: so a second connection of a device ends its first one, and never that of
 * another device.
 */
import { channels, maySubscribe, ownUpChannel, topicOf } from '../../shared/contract/channels.ts';
import { name } from '../../shared/contract/names.ts';
import { matchesDigest } from '../identity/secrets.ts';
import type { ClientFault, ClientVerdict } from '../pki/clients.ts';

export interface ConnectRequest {
  readonly username: string | undefined;
  readonly password: Uint8Array | undefined;
  /** What its client certificate says. */
  readonly certificate: ClientVerdict;
  readonly will: { readonly topic: string; readonly payload: Uint8Array | string } | undefined;
}

/** A longer password is refused without hashing it; in bytes. */
const MAX_PASSWORD_BYTES = 256;

export type ConnectRefusal =
  | 'anonymous'
  | 'bad username or password'
  | 'foreign will'
  | 'certificate expired'
  | ClientFault;

/** Undefined when the device may connect, else the reason. */
export async function refuseConnect(
  request: ConnectRequest,
  tokenHash: (device: string) => Promise<string | undefined>,
): Promise<ConnectRefusal | undefined> {
  const { username, password, certificate, will } = request;
  const isForeign = (device: string) =>
    will && (will.topic !== topicOf(device, 'status') || will.payload.length > channels.status.maxBytes);
  // Who presents a certificate is judged by it alone.
  if (certificate.kind === 'refused') return certificate.why;
  if (certificate.kind === 'expired') return 'certificate expired';
  if (certificate.kind === 'device') {
    if (username !== undefined && username !== certificate.device) return 'bad username or password';
    return isForeign(certificate.device) ? 'foreign will' : undefined;
  }
  if (username === undefined || password === undefined) return 'anonymous';
  if (!name.safeParse(username).success || password.length > MAX_PASSWORD_BYTES) return 'bad username or password';
  // Refusing an unknown device takes as long as refusing a wrong token.
  if (!matchesDigest(password, (await tokenHash(username)) ?? '')) return 'bad username or password';
  return isForeign(username) ? 'foreign will' : undefined;
}

/** Undefined when `device` may publish this, else the reason. */
export function refusePublish(
  device: string,
  packet: { readonly topic: string; readonly payload: Uint8Array | string; readonly qos: number },
): 'foreign topic' | 'payload too large' | 'qos 2' | undefined {
  const channel = ownUpChannel(device, packet.topic);
  if (channel === undefined) return 'foreign topic';
  if (packet.payload.length > channels[channel].maxBytes) return 'payload too large';
  return packet.qos > 1 ? 'qos 2' : undefined;
}

export function refuseSubscribe(device: string, filter: string): 'foreign filter' | undefined {
  return maySubscribe(device, filter) ? undefined : 'foreign filter';
}
