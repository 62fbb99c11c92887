import { useEffect, useMemo } from 'preact/hooks';
import type { LiveMessage } from '../../contract/live.ts';
import type { Page } from '../hub/api.ts';
import { useServices } from '../services.ts';
import type { Identified } from './bounded.ts';
import { LiveList } from './live-list.ts';

interface LiveListOptions<T> {
  /** A new key is a new list. */
  readonly key: string;
  readonly cap: number;
  readonly fetchPage: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<T>>;
  /** The item that a message of the feed brings to this list, if any. */
  readonly pick: (message: LiveMessage) => T | undefined;
  /** An item that may be in the list, as it is now. */
  readonly change?: (message: LiveMessage) => T | undefined;
  /** Does a message say that the first page is another now? */
  readonly renewOn?: (message: LiveMessage) => boolean;
}

/** A list that lives as long as its component: read on arrival and after each reconnect, and fed live. */
export function useLiveList<T extends Identified>({
  key,
  cap,
  fetchPage,
  pick,
  change,
  renewOn,
}: LiveListOptions<T>): LiveList<T> {
  const { feed } = useServices();
  // The key stands for everything that the two functions close over.
  const list = useMemo(() => new LiveList<T>(fetchPage, cap), [key]);
  useEffect(() => {
    const cancels = [
      feed.onOpen(() => void list.renew()),
      feed.onMessage((message) => {
        const item = pick(message);
        if (item) list.add(item);
        const changed = change?.(message);
        if (changed) list.change(changed);
        if (renewOn?.(message)) void list.renew();
      }),
    ];
    void list.renew();
    return () => {
      for (const cancel of cancels) cancel();
      list.close();
    };
  }, [list]);
  return list;
}
