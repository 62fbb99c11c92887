import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createCondition, createDebounce, createGap } from '../../../../agent/pipeline/rules/hysteresis.ts';

/** n of m, told in the simplest way: looks back over everything that was said since the last change. */
function naive(says: readonly boolean[], frames: number, of: number): boolean[] {
  let value = false;
  let since = 0;
  return says.map((_, now) => {
    const window = says.slice(Math.max(since, now + 1 - of), now + 1);
    if (window.filter((output) => output !== value).length >= frames) {
      value = !value;
      since = now + 1;
    }
    return value;
  });
}

const rates = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.nat({ max: 5 }))
  .map(([n, more]) => ({ frames: n, of: n + more }));

test('n of m frames, as the naive reference has it', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 80 }), rates, (says, { frames, of }) => {
      const debounced = createDebounce({ frames, of });
      let before = false;
      const values = says.map((output) => {
        const changed = debounced.update(output);
        expect(changed).toBe(debounced.value !== before);
        before = debounced.value;
        return debounced.value;
      });
      expect(values).toEqual(naive(says, frames, of));
    }),
  );
});

test('without `of`: so many frames in a row', () => {
  const debounced = createDebounce({ frames: 3 });
  const values = [1, 1, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0].map((output) => {
    debounced.update(output === 1);
    return Number(debounced.value);
  });
  expect(values).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0]);
});

test('a gap is kept for each action, whatever is asked', () => {
  const asked = fc.array(fc.tuple(fc.constantFrom('enter', 'dwell'), fc.nat({ max: 4000 })), { maxLength: 50 });
  fc.assert(
    fc.property(asked, fc.nat({ max: 10 }), (questions, minGapS) => {
      const gap = createGap(minGapS);
      const last = new Map<string, number>();
      let now = 0;
      for (const [action, stepMs] of questions) {
        now += stepMs;
        const before = last.get(action);
        const free = before === undefined || now - before >= minGapS * 1000;
        expect(gap(action, now)).toBe(free);
        if (free) last.set(action, now);
      }
    }),
  );
});

test('starts and ends take turns, starts keep the gap, and a start that still holds after the gap is told then', () => {
  const received = fc.array(fc.boolean(), { maxLength: 120 });
  fc.assert(
    fc.property(received, rates, fc.nat({ max: 5 }), (says, { frames, of }, minGapS) => {
      const condition = createCondition({ frames, of, minGapS });
      const values = naive(says, frames, of);
      let open = false;
      let lastStart = Number.NEGATIVE_INFINITY;
      for (const [i, output] of says.entries()) {
        const ptsMs = i * 400;
        const action = condition.update(output, ptsMs);
        if (action === 'start') {
          expect(open).toBe(false);
          expect(ptsMs - lastStart).toBeGreaterThanOrEqual(minGapS * 1000);
          lastStart = ptsMs;
        }
        if (action === 'end') expect(open).toBe(true);
        if (action) open = action === 'start';
        // Told as soon as it may be; an end is never held back.
        const may = ptsMs - lastStart >= minGapS * 1000;
        if (!values[i]) expect(open).toBe(false);
        else if (may) expect(open).toBe(true);
      }
    }),
  );
});
