/** Dealing streams over runner processes: like cards: each gets as many as the others, give or take one. */
export function deal<T>(items: readonly T[], hands: number): T[][] {
  const count = Math.max(1, Math.min(hands, items.length));
  return Array.from({ length: count }, (_, hand) => items.filter((_item, index) => index % count === hand));
}
