/**
 * Secrets of channels, sealed with a key that lies beside the database (`alerts.key`, mode 0600): a copy of `hub.db` alone does not
 * give them away. AES-256-GCM (NIST SP 800-38D), a new nonce of 12 bytes each time; the name of the channel is authenticated, so
 * that a sealed secret fits no other channel.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const FILE = 'alerts.key';
const NONCE = 12;
const TAG = 16;

export interface Secrets {
  /** HMAC-SHA256 of a text, with a key for links alone. */
  mac(text: string): Buffer;
  seal(channel: string, secret: string): string;
  /** @throws Error when it was sealed with another key, or for another channel */
  open(channel: string, sealed: string): string;
}

/** @throws Error that says what to do when the key file is damaged */
export function openSecrets(dataDir: string): Secrets {
  const key = keyIn(path.join(dataDir, FILE));
  const linkKey = Buffer.from(hkdfSync('sha256', key, '', 'acknowledge by link', 32));
  return {
    mac: (text) => createHmac('sha256', linkKey).update(text).digest(),
    seal(channel, secret) {
      const nonce = randomBytes(NONCE);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(channel));
      const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64');
    },
    open(channel, sealed) {
      const bytes = Buffer.from(sealed, 'base64');
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE))
          .setAAD(Buffer.from(channel))
          .setAuthTag(bytes.subarray(NONCE, NONCE + TAG));
        return Buffer.concat([decipher.update(bytes.subarray(NONCE + TAG)), decipher.final()]).toString('utf8');
      } catch {
        throw new Error(`the secret of channel "${channel}" does not fit ${FILE}: give the channel its secret again`);
      }
    },
  };
}

function keyIn(file: string): Buffer {
  try {
    // Whoever comes second takes the key of the first.
    writeFileSync(file, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx', flush: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const text = readFileSync(file, 'utf8').trim();
  if (!/^[0-9a-f]{64}$/.test(text))
    throw new Error(
      `${file} is damaged: restore it from a backup, or delete it and give channels of alerts their secrets again`,
    );
  return Buffer.from(text, 'hex');
}
