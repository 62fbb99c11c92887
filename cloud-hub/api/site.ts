/** Where people reach the hub: the settings `--public-url` and `--trust-proxy`, as the API needs them. */

export interface Site {
  /** Scheme, host and port of the public address; undefined: none is set. */
  readonly origin: string | undefined;
  /** Path of the hub there, with a slash at its end. */
  readonly base: string;
  /** Addresses and networks of the proxies whose `X-Forwarded-…` headers count. */
  readonly proxies: readonly string[];
}

/** @param publicUrl with a slash at its end */
export function siteOf(publicUrl: string | undefined, proxies: readonly string[]): Site {
  if (publicUrl === undefined) return { origin: undefined, base: '/', proxies };
  const { origin, pathname } = new URL(publicUrl);
  return { origin, base: pathname, proxies };
}

/** Is a proxy known to be in front of the hub? */
export function isBehindProxy({ origin, proxies }: Site): boolean {
  return origin !== undefined || proxies.length > 0;
}

/** The address of a request without the path that a proxy has left before it. */
export function withoutBase(url: string, base: string): string {
  if (base === '/') return url;
  if (url.startsWith(base)) return url.slice(base.length - 1);
  const rest = url.slice(base.length - 1);
  return url.startsWith(base.slice(0, -1)) && (rest === '' || rest.startsWith('?')) ? `/${rest}` : url;
}
