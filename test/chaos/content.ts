/** What a record says, apart from its number and from where it lies: the same at the agent and at the hub. */
import { createHash } from 'node:crypto';

/** Keys that are not content: the number; where a salvaged record was before. */
const NOT_CONTENT = new Set(['seq', 'origin']);

/** A short digest of a record's JSON; pictures are left out (the hub keeps them elsewhere). */
export function contentOf(json: string): string {
  const record: Record<string, unknown> = JSON.parse(json);
  const { snapshot } = record;
  const kept = Object.entries(record)
    .filter(([key]) => !NOT_CONTENT.has(key))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  const content = Object.fromEntries(kept);
  if (typeof snapshot === 'object' && snapshot !== null) content.snapshot = { ...snapshot, data: undefined };
  return createHash('sha256').update(JSON.stringify(content)).digest('base64url').slice(0, 22);
}

export function kindOf(json: string): string {
  const { kind }: { kind?: unknown } = JSON.parse(json);
  return String(kind);
}
