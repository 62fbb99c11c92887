import { useServices } from '../services.ts';

/** May whoever is signed in change models and rollouts? The hub has the last word. */
export function useMayOperate(): boolean {
  const role = useRole();
  return role !== undefined && role !== 'viewer';
}

/** May he add, renew and remove devices? */
export function useMayAdminister(): boolean {
  return useRole() === 'admin';
}

function useRole() {
  const who = useServices().session.state.value;
  return who.kind === 'signed-in' ? who.identity.role : undefined;
}
