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
  // Where ALSA's configuration lies, for microphones.
  'ALSA_CONFIG_PATH',
] as const;

/** Time zone, trusted authorities, proxies and sound settings, as far as they are set. */
export function inheritedEnv(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  return Object.fromEntries(
    INHERITED.flatMap((key) => {
      const value = env[key];
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

/** Where programs of the machine are looked for. */
export function searchPath(env: NodeJS.ProcessEnv = process.env): string {
  return env.PATH ?? '/usr/local/bin:/usr/bin:/bin';
}

/** The machine's time zone, by `TZ` or the system; schedules without a zone of their own follow it. */
export function timezoneInForce(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}
