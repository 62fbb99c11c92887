/**
 * The address of a PostgreSQL database, as its own programs take it: `postgres://USER@HOST:PORT/DATABASE?sslmode=verify-full`
 * (libpq, "Connection URIs"). By a socket: `postgres://USER@localhost/DATABASE?host=/var/run/postgresql`.
 */
import { isLoopback } from '../shared/kit/loopback.ts';

/** What the driver knows of libpq's parameters, and what we want of it. */
const PARAMETERS: ReadonlySet<string> = new Set(['host', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey']);
const TLS_MODES: ReadonlySet<string> = new Set(['disable', 'require', 'verify-ca', 'verify-full']);

export interface DatabaseAddress {
  /** For the driver, with the password; never for people. */
  readonly url: string;
  /** For people: without the password. */
  readonly shown: string;
}

/**
 * @param text the address; it may have the password in it
 * @param password instead of one in the address
 * @throws Error that says what is wrong, and never shows the password
 */
export function databaseAddress(text: string, password?: string): DatabaseAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^postgres(ql)?:$/.test(url.protocol))
    throw new Error(
      'the address of the database must be like postgres://USER:PASSWORD@HOST:5432/DATABASE?sslmode=verify-full',
    );
  const parameters = url.searchParams;
  const unknown = [...parameters.keys()].find((key) => !PARAMETERS.has(key));
  if (unknown !== undefined)
    throw new Error(
      `the address of the database has the parameter ${unknown}; known are ${[...PARAMETERS].join(', ')}`,
    );
  if (url.pathname.length < 2)
    throw new Error('the address of the database names no database: postgres://HOST/DATABASE');
  if (url.username === '') throw new Error('the address of the database names no user: postgres://USER@HOST/DATABASE');
  const host = parameters.get('host') ?? url.hostname;
  const mode = parameters.get('sslmode');
  if (mode !== null && !TLS_MODES.has(mode))
    throw new Error(`sslmode=${mode} in the address of the database: must be ${[...TLS_MODES].join(', ')}`);
  if (mode === 'verify-ca' && !parameters.has('sslrootcert'))
    throw new Error('sslmode=verify-ca needs sslrootcert=FILE, the certificate of the authority');
  if (mode === null && !isLocal(host))
    throw new Error(
      `the database on ${host} is reached over a network: add ?sslmode=verify-full to its address (with sslrootcert=FILE for an authority of your own), ` +
        'or sslmode=disable where nobody can listen in',
    );
  const shown = new URL(url);
  shown.password = '';
  if (password !== undefined) url.password = encodeURIComponent(password);
  // Else the driver takes every mode for `verify-full`.
  url.searchParams.set('uselibpqcompat', 'true');
  return { url: url.href, shown: shown.href };
}

function isLocal(host: string): boolean {
  return host.startsWith('/') || isLoopback(host.replace(/^\[(.*)\]$/, '$1'));
}
