/**
 * A claim: what lets a box become a device. `vedette1.SECRET.ROOT`, where SECRET is 256 random bits and ROOT the fingerprint of the hub's
 * root, both as base64url. So a box that has a claim knows whom to trust, and a claim that reaches the wrong hub is not shown to it. ROOT is
 * `-` where the hub's certificate is of another authority.
 */

export interface Claim {
  readonly secret: string;
  /** `sha256:HEX`. */
  readonly root?: string;
}

const FORM = /^vedette1\.([A-Za-z0-9_-]{43})\.(-|[A-Za-z0-9_-]{43})$/;

export function claimText({ secret, root }: Claim): string {
  const mark = root === undefined ? '-' : Buffer.from(root.slice('sha256:'.length), 'hex').toString('base64url');
  return `vedette1.${secret}.${mark}`;
}

/** Undefined for a text that is no claim. */
export function parseClaim(text: string): Claim | undefined {
  const [, secret, mark] = FORM.exec(text.trim()) ?? [];
  if (secret === undefined || mark === undefined) return undefined;
  return mark === '-' ? { secret } : { secret, root: `sha256:${Buffer.from(mark, 'base64url').toString('hex')}` };
}
