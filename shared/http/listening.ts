/** Why a server cannot listen, in words that say what to do. */
import { messageOf } from '../kit/errors.ts';

export interface Place {
  /** What it is, for example `HTTP port`. */
  readonly what: string;
  readonly host: string;
  readonly port: number;
}

/**
 * @param choose how to choose another port, for example `choose another with --http-port`
 * @param address how to choose another address, for example `--host`
 */
export function whyNotListening(error: unknown, { what, host, port }: Place, choose: string, address: string): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `${host} is no address of this machine: set ${address}`;
  const place = `${what} ${host}:${port}`;
  if (code === 'EADDRINUSE') return `${place} is taken by another program: ${choose}`;
  if (code === 'EACCES') return `${place} needs rights that this user does not have: ${choose}`;
  return `${place} cannot be opened (${messageOf(error)}): ${choose}`;
}
