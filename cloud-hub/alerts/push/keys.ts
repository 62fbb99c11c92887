/**
 * The key by which push services know this hub (VAPID, RFC 8292): P-256, made at the first start and kept as `push.key` (PKCS#8 as
 * PEM, mode 0600) in the data folder. A browser's subscription is bound to it: with another key all of them are worth nothing.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const FILE = 'push.key';
/** Push services refuse what is valid for more than a day. */
const VALID_S = 12 * 3600;

export interface PushKeys {
  /** The public key as browsers want it: an uncompressed point, base64url. */
  readonly publicKey: string;
  /** `authorization` of a request to a push service. @param origin of the service @param nowS seconds since 1970 */
  authorization(origin: string, nowS: number): string;
}

/**
 * @param contact address by which a push service reaches whoever runs this hub: `https://…` or `mailto:…`; undefined: it is
 *   not named. RFC 8292 allows that; Apple's service refuses it.
 * @throws Error that says what to do when the key file is damaged
 */
export function openPushKeys(dataDir: string, contact: string | undefined): PushKeys {
  const key = keyIn(path.join(dataDir, FILE));
  const { x = '', y = '' } = createPublicKey(key).export({ format: 'jwk' });
  const point = Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
  const publicKey = point.toString('base64url');
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return {
    publicKey,
    authorization(origin, nowS) {
      const claims = `${part({ typ: 'JWT', alg: 'ES256' })}.${part({ aud: origin, exp: nowS + VALID_S, ...(contact === undefined ? {} : { sub: contact }) })}`;
      const signature = sign('sha256', Buffer.from(claims), { key, dsaEncoding: 'ieee-p1363' });
      return `vapid t=${claims}.${signature.toString('base64url')}, k=${publicKey}`;
    },
  };
}

function keyIn(file: string): KeyObject {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  try {
    // Whoever comes second takes the key of the first.
    const text = privateKey.export({ type: 'pkcs8', format: 'pem' });
    writeFileSync(file, text, { mode: 0o600, flag: 'wx', flush: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  try {
    const found = createPrivateKey(readFileSync(file, 'utf8'));
    if (found.asymmetricKeyDetails?.namedCurve === 'prime256v1') return found;
  } catch {
    // Said below.
  }
  throw new Error(
    `${file} is damaged: restore it from a backup, or delete it; then people subscribe their browsers again`,
  );
}
