/** JSON that depends on the content alone: keys sorted by code units, no white space; what JSON leaves out is left out. */
export function stableJson(value: unknown): string {
  return JSON.stringify(value, (_key, found: unknown) =>
    typeof found === 'object' && found !== null && !Array.isArray(found)
      ? Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)))
      : found,
  );
}
