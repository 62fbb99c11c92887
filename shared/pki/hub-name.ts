/**
 * By which name a certificate is the hub's.
 *
 * A hub's own authority gives server certificates to its hub alone, and each has the name HUB_NAME beside the addresses of that day. So
 * a device that trusts the authority finds the hub under any address: behind a port forwarding, with a new address, by a name that
 * only the device's network knows. Certificates of other authorities have to carry the name that was dialled.
 */

import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { commonNameOf } from './chain.ts';

export const HUB_NAME = 'hub.vedette.internal';
/** Common name of the roots that hubs make for themselves. */
export const FLEET_ROOT = 'Vedette fleet root';

/** @param anchor that the leaf's chain ended at */
export function isHub(leaf: X509Certificate, anchor: X509Certificate, host: string): boolean {
  // Pinned itself: it needs no name.
  if (leaf.raw.equals(anchor.raw)) return true;
  if (commonNameOf(anchor) === FLEET_ROOT && leaf.checkHost(HUB_NAME) !== undefined) return true;
  return (isIP(host) === 0 ? leaf.checkHost(host) : leaf.checkIP(host)) !== undefined;
}
