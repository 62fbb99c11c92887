import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LiveList } from '../../../../cloud-hub/dashboard/lists/live-list.ts';

interface Item {
  readonly id: string;
}

const item = (n: number): Item => ({ id: String(n) });
const ids = (list: LiveList<Item>) => list.state.value.items.map(({ id }) => Number(id));
const pending = (list: LiveList<Item>) => list.state.value.pending.map(({ id }) => Number(id));

test('whatever drops, comes late or fails: newest first, nothing twice, and whole once the hub has answered', async () => {
  const step = fc.constantFrom('event', 'drop', 'connect', 'answer', 'refuse', 'more', 'retry', 'hold', 'let go');
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer({ min: 4, max: 40 }), async (steps, cap) => {
      let newest = 5;
      let isUp = true;
      const questions: { answer(): void; refuse(): void; signal: AbortSignal }[] = [];
      const list = new LiveList<Item>((cursor, signal) => {
        const start = cursor === undefined ? newest : Number(cursor);
        const items = Array.from({ length: Math.min(3, start) }, (_, i) => item(start - i));
        return new Promise((resolve, reject) => {
          questions.push({
            signal,
            answer: () => resolve(start > 3 ? { items, next: String(start - 3) } : { items }),
            refuse: () => reject(new Error('busy')),
          });
        });
      }, cap);
      const nextTurn = () => new Promise((resolve) => setImmediate(resolve));
      const check = () => {
        const all = [...pending(list), ...ids(list)];
        expect(all).toEqual([...new Set(all)].sort((a, b) => b - a));
        expect(ids(list).length).toBeLessThanOrEqual(cap);
        expect(pending(list).length).toBeLessThanOrEqual(cap);
      };
      const act: Record<string, () => void> = {
        event: () => {
          newest++;
          if (isUp) list.add(item(newest));
        },
        drop: () => {
          isUp = false;
        },
        connect: () => {
          isUp = true;
          void list.renew();
        },
        answer: () => questions.shift()?.answer(),
        refuse: () => questions.shift()?.refuse(),
        more: () => void list.more(),
        retry: () => void list.renew(),
        hold: () => list.hold(true),
        'let go': () => list.hold(false),
      };
      void list.renew();
      for (const one of steps) {
        act[one]?.();
        await nextTurn();
        check();
      }
      act.connect?.();
      for (const question of questions.splice(0)) question.answer();
      await nextTurn();
      list.hold(false);
      check();
      // From the newest down without a hole.
      const shown = ids(list);
      expect(shown).toEqual(shown.map((_, i) => newest - i));
      const { next, isCut } = list.state.value;
      const last = shown.at(-1) ?? 0;
      if (isCut) expect([next, shown.length]).toEqual([undefined, cap]);
      else expect(next).toBe(last > 1 ? String(last - 1) : undefined);
    }),
    { numRuns: 300 },
  );
});
