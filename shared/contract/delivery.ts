/**
 * How a device fetches from the hub by HTTP, below the hub's address.
 *
 * 1. Signed metadata: GET, open to everybody (it is public and protects itself), `N.root.json`, `timestamp.json`,
 *    `N.snapshot.json`, `N.targets.json`. 404: there is none (yet).
 * 2. Packages by digest: GET or HEAD with HTTP Basic, user = device id, password = its token (or a bearer token of a viewer).
 *    `ETag` is the digest in quotes, `Accept-Ranges: bytes`. One range a request (`Range: bytes=FROM-`), answered with 206;
 *    with `If-Range` and another ETag the answer is 200 and the whole. 404: the hub has no such package; 429 with
 *    `Retry-After`: too many downloads at once, by this device or by all.
 * 3. `Date` of any answer is the hub's time, which a device without a good clock may use (shared/decisions/0005).
 */

/** Base of the signed metadata; ends with a slash. */
export const METADATA_PATH = '/api/v1/delivery/metadata/';

/** @param digest `sha256:HEX` of the .tar.gz */
export function packagePathOf(digest: string): string {
  return `/api/v1/delivery/packages/${digest}`;
}

/** The value of `ETag` for a package. */
export function etagOf(digest: string): string {
  return `"${digest}"`;
}
