/** The parts that deal with identities of devices, for routes: without TLS there are none. */
import { ProblemError } from '../../shared/http/problems.ts';
import type { FleetIdentity } from '../pki/fleet.ts';

/** @throws ProblemError 409 where the hub speaks plain text */
export function fleetOf(fleet: FleetIdentity | undefined): FleetIdentity {
  if (fleet) return fleet;
  throw new ProblemError(
    409,
    'this hub speaks plain text: it has no certificates. Start it with --tls, or with another --host',
  );
}
