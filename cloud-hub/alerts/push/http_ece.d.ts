/** What is used of `http_ece`, which comes without types. */
declare module 'http_ece' {
  import type { ECDH } from 'node:crypto';

  export interface EncryptOptions {
    readonly version: 'aes128gcm';
    /** The receiver's public key, as an uncompressed point, base64url. */
    readonly dh: string;
    /** A fresh key pair of the sender. */
    readonly privateKey: ECDH;
    /** The receiver's secret of 16 bytes, base64url. */
    readonly authSecret: string;
  }
  export function encrypt(plain: Buffer, options: EncryptOptions): Buffer;
}
