import type { RefObject } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { type RowRange, rowsInView } from './visible-rows.ts';

const OVERSCAN = 12;

/** The rows of a list inside `ref` that are near the view, as the page scrolls; every row is `rowHeight` pixels. */
export function useVisibleRows(ref: RefObject<HTMLElement>, count: number, rowHeight: number): RowRange {
  const [shown, setShown] = useState<RowRange>({ start: 0, end: Math.min(count, 60) });
  const last = useRef(shown);
  useLayoutEffect(() => {
    let frame = 0;
    const measure = () => {
      frame = 0;
      const top = ref.current?.getBoundingClientRect().top ?? 0;
      const next = rowsInView(-top, window.innerHeight, rowHeight, count, OVERSCAN);
      if (next.start === last.current.start && next.end === last.current.end) return;
      last.current = next;
      setShown(next);
    };
    const onScroll = () => {
      if (frame === 0) frame = requestAnimationFrame(measure);
    };
    measure();
    window.addEventListener('scroll', onScroll, { passive: true });
    window.addEventListener('resize', onScroll);
    return () => {
      cancelAnimationFrame(frame);
      window.removeEventListener('scroll', onScroll);
      window.removeEventListener('resize', onScroll);
    };
  }, [ref, count, rowHeight]);
  return shown;
}
