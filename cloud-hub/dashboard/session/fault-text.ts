/** Why a sign-in by the identity provider did not work, for people. Pure. */
import type { SignInFault } from '../../contract/sign-in.ts';

const texts: Readonly<Record<SignInFault, string>> = {
  cancelled: 'You did not sign in at the identity provider.',
  gone: 'The identity provider does not answer as it should. Try again later, or sign in another way.',
  clock: "The clocks of the hub and of the identity provider differ. Tell your admin: the hub's log says more.",
  invalid: "The answer of the identity provider did not count. Try again; the hub's log says why.",
  expired: 'This sign-in was too old, or was used before. Begin again.',
  'no-role': 'Your account has no role on this hub. Ask your admin for one.',
  'no-scope': 'Your account has no devices on this hub. Ask your admin for them.',
  'not-invited': 'Your account is not known here. Ask an admin of this hub for an invitation.',
  'no-invitation': 'The invitation is not valid: it works once, for seven days. Ask for another.',
  taken: 'Your account belongs to another user of this hub. Ask an admin to part it from that user.',
  'signed-out': 'You were signed out in between. Sign in, and connect your account again.',
};

export function faultText(fault: SignInFault): string {
  return texts[fault];
}
