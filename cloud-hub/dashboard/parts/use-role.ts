import { useServices } from '../services.ts';

/** May whoever is signed in change models and rollouts? The hub has the last word. */
export function useMayOperate(): boolean {
  const who = useServices().session.state.value;
  return who.kind === 'signed-in' && who.identity.role !== 'viewer';
}
