/** Which rows of a long list are in view: pure. */
export interface RowRange {
  /** First row to draw. */
  readonly start: number;
  /** One past the last. */
  readonly end: number;
}

/**
 * @param above pixels of the list that are scrolled out of view above (negative when the list begins further down)
 * @param height pixels of the view
 * @param overscan rows drawn beyond each edge
 */
export function rowsInView(
  above: number,
  height: number,
  rowHeight: number,
  count: number,
  overscan: number,
): RowRange {
  const first = Math.floor(above / rowHeight) - overscan;
  const last = Math.ceil((above + height) / rowHeight) + overscan;
  const start = Math.min(Math.max(0, first), count);
  return { start, end: Math.min(Math.max(start, last), count) };
}
