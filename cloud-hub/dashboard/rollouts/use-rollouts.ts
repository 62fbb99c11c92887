import type { Rollout } from '../../contract/rollout.ts';
import { useWholeList } from '../lists/use-whole-list.ts';
import type { WholeList } from '../lists/whole-list.ts';
import { useServices } from '../services.ts';

const CAP = 500;

/** The newest rollouts, kept current by the feed. */
export function useRollouts(): WholeList<Rollout> {
  const { api } = useServices();
  return useWholeList<Rollout>({
    cap: CAP,
    fetchPage: (cursor, signal) => api.rollouts({ cursor, limit: 100 }, signal),
    pick: (message) => (message.type === 'rollout' ? message.rollout : undefined),
  });
}
