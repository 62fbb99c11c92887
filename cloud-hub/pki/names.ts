/** Under which names and addresses this machine is reached: they go into the certificate of the hub. */
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import type { ServerName } from './certificates.ts';

/** @param more names and addresses that people gave */
export function namesOfThisMachine(more: readonly string[]): ServerName[] {
  const addresses = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
  // Addresses that hold on one link only have a zone, which no certificate can carry.
  const usable = addresses
    .filter(({ scopeid }) => scopeid === undefined || scopeid === 0)
    .map(({ address }) => address);
  const own = ['localhost', '127.0.0.1', '::1', hostname(), ...usable];
  return serverNames([...own, ...more]);
}

/** What of these can stand in a certificate, each once. */
export function serverNames(texts: readonly string[]): ServerName[] {
  const names = [...new Set(texts.map((name) => name.toLowerCase()))].filter(isName);
  return names.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value }));
}

function isName(name: string): boolean {
  const isWild = name === '0.0.0.0' || name === '::';
  return !isWild && (isIP(name) !== 0 || /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name));
}
