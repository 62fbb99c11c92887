import { useEffect, useMemo } from 'preact/hooks';
import type { Rollout } from '../../api/schemas/rollout.ts';
import { useServices } from '../services.ts';
import { WholeList } from '../state/whole-list.ts';

const CAP = 500;

/** The newest rollouts, kept current by the feed. */
export function useRollouts(): WholeList<Rollout> {
  const { api, feed } = useServices();
  const list = useMemo(
    () => new WholeList<Rollout>((cursor, signal) => api.rollouts({ cursor, limit: 100 }, signal), CAP),
    [api],
  );
  useEffect(() => {
    const cancels = [
      feed.onOpen(() => void list.load()),
      feed.onMessage((message) => {
        if (message.type === 'rollout') list.put(message.rollout);
      }),
    ];
    void list.load();
    return () => {
      for (const cancel of cancels) cancel();
      list.close();
    };
  }, [feed, list]);
  return list;
}
