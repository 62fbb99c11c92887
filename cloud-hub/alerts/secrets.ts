/**
 * Secrets of channels, sealed with a key that lies beside the database (`alerts.key`, see identity/sealing.ts). A secret that was
 * sealed for one channel fits no other.
 */
import { createHmac, hkdfSync } from 'node:crypto';
import path from 'node:path';
import { keyInFile, sealingWith } from '../identity/sealing.ts';

const FILE = 'alerts.key';

export interface Secrets {
  /** HMAC-SHA256 of a text, with a key for links alone. */
  mac(text: string): Buffer;
  seal(channel: string, secret: string): string;
  /** @throws Error when it was sealed with another key, or for another channel */
  open(channel: string, sealed: string): string;
}

/** @throws Error that says what to do when the key file is damaged */
export function openSecrets(dataDir: string): Secrets {
  const key = keyInFile(path.join(dataDir, FILE), 'give channels of alerts their secrets again');
  const { seal, open } = sealingWith(key);
  const linkKey = Buffer.from(hkdfSync('sha256', key, '', 'acknowledge by link', 32));
  return {
    mac: (text) => createHmac('sha256', linkKey).update(text).digest(),
    seal,
    open(channel, sealed) {
      const secret = open(channel, sealed);
      if (secret === undefined)
        throw new Error(`the secret of channel "${channel}" does not fit ${FILE}: give the channel its secret again`);
      return secret;
    },
  };
}
