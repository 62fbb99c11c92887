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

/** Puts the next page, which is older, behind; what would go over the cap is left out. */
export function append<T extends Identified>(list: readonly T[], older: readonly T[], cap: number): readonly T[] {
  const added = unique(older, new Set(list.map((item) => item.id))).slice(0, Math.max(0, cap - list.length));
  return added.length === 0 ? list : [...list, ...added];
}

/** Brings the list up to date with a fresh first page; where the two do not meet, something is missing, and the page replaces the list. */
export function renew<T extends Identified>(list: readonly T[], page: readonly T[], cap: number): readonly T[] {
  const known = new Set(list.map((item) => item.id));
  const meets = list.length === 0 || page.some((item) => known.has(item.id));
  return meets ? prepend(list, page, cap) : unique(page, new Set()).slice(0, cap);
}

function unique<T extends Identified>(items: readonly T[], known: Set<string>): T[] {
  return items.filter((item) => {
    if (known.has(item.id)) return false;
    known.add(item.id);
    return true;
  });
}
