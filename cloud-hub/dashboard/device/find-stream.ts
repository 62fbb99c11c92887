/** Finding one of many streams: pure. */
import type { StreamReport } from '../../../shared/contract/messages/report.ts';

/** So many have room in one row of tabs. */
export const MANY = 12;

/** Those whose name or state has each word of the text, all for an empty one; first those that do not run, else in their order. */
export function found(streams: readonly StreamReport[], text: string): readonly StreamReport[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const those = streams.filter(({ id, state }) => words.every((word) => id.includes(word) || state.startsWith(word)));
  return those.toSorted((a, b) => Number(a.state === 'running') - Number(b.state === 'running'));
}
