import { useEffect, useMemo } from 'preact/hooks';
import type { LiveMessage } from '../../contract/live.ts';
import type { Page } from '../hub/api.ts';
import { useServices } from '../services.ts';
import type { Identified } from './bounded.ts';
import { WholeList } from './whole-list.ts';

interface WholeListOptions<T> {
  readonly cap: number;
  readonly fetchPage: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<T>>;
  /** The item that a message of the feed brings to this list; absent where the feed says nothing of it. */
  readonly pick?: (message: LiveMessage) => T | undefined;
}

/** A list that lives as long as its component: read on arrival and after each reconnect. @param options of the first drawing count */
export function useWholeList<T extends Identified>(options: WholeListOptions<T>): WholeList<T> {
  const { feed } = useServices();
  const list = useMemo(() => new WholeList<T>(options.fetchPage, options.cap), []);
  useEffect(() => {
    const cancels = [
      feed.onOpen(() => void list.load()),
      feed.onMessage((message) => {
        const item = options.pick?.(message);
        if (item) list.put(item);
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
