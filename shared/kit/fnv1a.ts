/**
 * The hash FNV-1a of 32 bits: quick and spread evenly, and nothing that keeps anybody from finding two of a kind.
 * Source: Fowler, Noll, Vo; written down in IETF draft-eastlake-fnv.
 *
 * @param of bytes, or a text, of which each UTF-16 unit counts as one value
 * @returns 0 to 2³² − 1
 */
export function fnv1a(of: string | Uint8Array): number {
  let hash = 0x811c9dc5;
  if (typeof of === 'string') {
    for (let i = 0; i < of.length; i++) hash = Math.imul(hash ^ of.charCodeAt(i), 0x01000193);
  } else {
    for (const value of of) hash = Math.imul(hash ^ value, 0x01000193);
  }
  return hash >>> 0;
}
