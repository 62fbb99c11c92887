/**
 * Lists of records with an `id`, newest first, never longer than their cap.
 *
 * 1. No id twice. 2. At most `cap` items; what goes is the oldest. 3. An unchanged list is the same object.
 */
export interface Identified {
  readonly id: string;
}

/** Puts `fresh` (newest first) in front. */
export function prepend<T extends Identified>(list: readonly T[], fresh: readonly T[], cap: number): readonly T[] {
  const known = new Set(list.map((item) => item.id));
  const added = unique(fresh, known);
  return added.length === 0 ? list : [...added, ...list].slice(0, cap);
}

/** Puts the next page, which is older, behind. Whoever calls it cuts at its cap, and knows by that whether anything was cut. */
export function append<T extends Identified>(list: readonly T[], older: readonly T[]): readonly T[] {
  const added = unique(older, new Set(list.map((item) => item.id)));
  return added.length === 0 ? list : [...list, ...added];
}

/**
 * Brings the list up to date with a fresh first page. The page is right for the range that it covers: what the list has before
 * the first item that both have is newer than the page, and the rest of the list comes behind it. Where the two do not meet,
 * something between them is missing, and the page replaces the list.
 */
export function renew<T extends Identified>(list: readonly T[], page: readonly T[], cap: number): readonly T[] {
  const inPage = new Set(page.map((item) => item.id));
  const meeting = list.findIndex((item) => inPage.has(item.id));
  if (meeting < 0 && list.length > 0) return unique(page, new Set()).slice(0, cap);
  const joined = unique(
    [...list.slice(0, Math.max(0, meeting)), ...page, ...list.slice(Math.max(0, meeting))],
    new Set(),
  ).slice(0, cap);
  return joined.length === list.length && joined.every((item, i) => isSame(item, list[i])) ? list : joined;
}

/** An item may have changed since it was read. What both lists hold by reference is not compared. */
function isSame<T>(a: T, b: T | undefined): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** Puts an item into the place of the one with its id; a list without it stays as it is. */
export function replace<T extends Identified>(list: readonly T[], item: T): readonly T[] {
  const at = list.findIndex(({ id }) => id === item.id);
  return at < 0 ? list : list.with(at, item);
}

function unique<T extends Identified>(items: readonly T[], known: Set<string>): T[] {
  return items.filter((item) => {
    if (known.has(item.id)) return false;
    known.add(item.id);
    return true;
  });
}
