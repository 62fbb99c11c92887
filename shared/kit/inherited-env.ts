/**
 * What child processes get of this one's environment. They get nothing else: a secret in the environment must not reach a process
 * that decodes what strangers send.
 */

const INHERITED = [
  'TZ',
  // Whom TLS trusts: OpenSSL (FFmpeg), and Node.
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NODE_EXTRA_CA_CERTS',
  // Proxies of FFmpeg and Node.
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'NODE_USE_ENV_PROXY',
] as const;

/** Time zone, trusted authorities and proxies, as far as they are set. */
export function inheritedEnv(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  return Object.fromEntries(
    INHERITED.flatMap((key) => {
      const value = env[key];
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

/** The machine's time zone, by `TZ` or the system; schedules without a zone of their own follow it. */
export function timezoneInForce(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}
