import { useEffect, useRef } from 'preact/hooks';
import { Failure } from '../ui/failure.tsx';
import type { Identified } from './bounded.ts';
import type { LiveList } from './live-list.ts';

/** The end of a paged list: reads the next page when it comes into view, and says when there is none. */
export function More<T extends Identified>({ list, noun }: { list: LiveList<T>; noun: string }) {
  const ref = useRef<HTMLDivElement>(null);
  const { items, next, isCut, loading } = list.state.value;
  useEffect(() => {
    const element = ref.current;
    if (!element || next === undefined) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) void list.more();
      },
      { rootMargin: '600px' },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [list, next]);
  if (loading.kind === 'failed')
    return <Failure reason={loading.reason} onRetry={() => void (next ? list.more() : list.renew())} />;
  return (
    <div class="more muted" ref={ref}>
      {next !== undefined && (
        <button type="button" class="button" onClick={() => void list.more()} disabled={loading.kind === 'loading'}>
          {loading.kind === 'loading' ? 'Loading…' : `Older ${noun}`}
        </button>
      )}
      {next === undefined &&
        isCut &&
        `Only the newest ${items.length} are shown. Narrow the filter to see older ${noun}.`}
      {next === undefined && !isCut && items.length > 0 && `There are no older ${noun}.`}
    </div>
  );
}
