/**
 * What Mosquitto (2.0 and later) has to know to be the broker of a fleet: its configuration, who may what, and passwords.
 * Rights come out of the topic table, so that they are the same as with the embedded broker. Pure.
 */
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import {
  type ChannelName,
  channels,
  filterOfAll,
  ownDownFilter,
  topicOf,
  type UpChannel,
} from '../../../shared/contract/channels.ts';

export interface MosquittoOptions {
  readonly port: number;
  /** Address to listen on; empty: all. */
  readonly host: string;
  /** Folder of `acl` and, where there are any, `passwords`; absolute. */
  readonly folder: string;
  /** PEM files of the listener. Without them it speaks plain text. */
  readonly tls?: {
    readonly certFile: string;
    readonly keyFile: string;
    /** Devices come with certificates of the hub's authority, and without passwords. */
    readonly clients?: { readonly caFile: string; readonly crlFile: string };
  };
}

/** The hub's user name at the broker. */
export const HUB_USER = 'vedette-hub';

/** Frame of a PUBLISH around its payload. */
const FRAME_BYTES = 4096;
const largest = Math.max(...Object.values(channels).map((channel) => channel.maxBytes)) + FRAME_BYTES;
const names = Object.keys(channels) as ChannelName[];

export function configFile({ port, host, folder, tls }: MosquittoOptions): string {
  return `${[
    '# Written by Vedette; reasons in deploy/README.md.',
    `listener ${port} ${host}`.trimEnd(),
    ...(tls ? [`certfile ${tls.certFile}`, `keyfile ${tls.keyFile}`, 'tls_version tlsv1.2'] : []),
    ...(tls?.clients
      ? [
          `cafile ${tls.clients.caFile}`,
          '# The hub writes it anew for each revocation; SIGHUP has Mosquitto read it again.',
          `crlfile ${tls.clients.crlFile}`,
          'require_certificate true',
          '# The name of a client is the one of its certificate.',
          'use_identity_as_username true',
        ]
      : []),
    'allow_anonymous false',
    ...(tls?.clients ? [] : [`password_file ${folder}/passwords`]),
    `acl_file ${folder}/acl`,
    '# A second connection of a device ends its first, and never that of another device.',
    'use_username_as_clientid true',
    '# Nothing has to survive in the broker: what the hub has not acknowledged, the device sends again.',
    'persistence false',
    '# The hub takes the batches of the whole fleet over one connection.',
    'max_inflight_messages 1000',
    'max_queued_messages 10000',
    `max_packet_size ${largest}`,
    'set_tcp_nodelay true',
    'log_type error',
    'log_type warning',
  ].join('\n')}\n`;
}

/** All topics of a device. */
const ownFilter = (device: string) => ownDownFilter(device).replace(/down\/#$/, '#');

/** A device (its user name is its id) publishes under its own `up/` and reads its own `down/`; the hub the other way round. */
export function aclFile(): string {
  const up = names.filter((name): name is UpChannel => channels[name].direction === 'up');
  return `${[
    '# Written by Vedette out of shared/contract/channels.ts.',
    ...up.map((name) => `pattern write ${topicOf('%u', name)}`),
    `pattern read ${ownDownFilter('%u')}`,
    `user ${HUB_USER}`,
    '# The rules of devices hold for every user: the hub is no device.',
    `topic deny ${ownFilter(HUB_USER)}`,
    ...up.map((name) => `topic read ${filterOfAll(name)}`),
    ...names.filter((name) => channels[name].direction === 'down').map((name) => `topic write ${topicOf('+', name)}`),
  ].join('\n')}\n`;
}

/**
 * A line of Mosquitto's password file: PBKDF2 with SHA-512, `$7$ITERATIONS$SALT$HASH` (mosquitto_passwd(1)).
 * @param secret a random token: few iterations do, there is nothing to guess
 */
export function passwordLine(user: string, secret: string, salt: Buffer = randomBytes(12)): string {
  const iterations = 101;
  const hash = pbkdf2Sync(secret, salt, iterations, 64, 'sha512');
  return `${user}:$7$${iterations}$${salt.toString('base64')}$${hash.toString('base64')}`;
}

/** The password file with this user's line, in place of an older one. */
export function withPassword(file: string, user: string, secret: string): string {
  const others = file.split('\n').filter((line) => line !== '' && !line.startsWith(`${user}:`));
  return `${[...others, passwordLine(user, secret)].join('\n')}\n`;
}
