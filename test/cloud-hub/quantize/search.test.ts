import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitSamples } from '../../../cloud-hub/quantize/samples/split.ts';
import { searchFloat } from '../../../cloud-hub/quantize/search.ts';

const nodes = Array.from({ length: 40 }, (_, i) => `n${i}`);

/** A model in which each of these nodes costs so much when it is quantized. */
async function search(costs: Record<string, number>, more: { room?: number; growth?: (n: string) => number } = {}) {
  let measured = 0;
  const result = await searchFloat({
    nodes,
    growth: more.growth ?? (() => 1),
    room: more.room ?? 1000,
    wanted: 0.98,
    measure: async (float) => {
      measured++;
      const lost = Object.entries(costs).reduce((sum, [node, cost]) => sum + (float.has(node) ? 0 : cost), 0);
      return { task: 'detect', samples: 1, agreement: Math.max(0, 1 - lost), scoreDrift: lost / 10, worstDrift: 0 };
    },
    onProgress: () => undefined,
  });
  return { ...result, measured };
}

test('nothing stays in float where nothing costs', async () => {
  const { float, measured } = await search({});
  expect(float.size).toBe(0);
  expect(measured).toBe(1);
});

test('exactly the nodes that cost too much stay in float', async () => {
  const { float, agreement } = await search({ n7: 0.3, n31: 0.2, n2: 0.01 });
  expect([...float].toSorted()).toEqual(['n31', 'n7']);
  expect(agreement.agreement).toBeCloseTo(0.99);
});

test('a node that would make the model too large is passed over', async () => {
  const { float } = await search({ n7: 0.3, n31: 0.02 }, { room: 5, growth: (n) => (n === 'n7' ? 100 : 1) });
  expect(float.has('n7')).toBe(false);
  expect(float.size).toBeLessThanOrEqual(5);
});

test('all nodes in float together grow the model by no more than there is room for', async () => {
  const costly = { n3: 0.3, n5: 0.2, n8: 0.1, n9: 0.08, n11: 0.06, n20: 0.05 };
  // The third is too large for what the first two have left; the fourth is not.
  const growth = (n: string) => ({ n3: 4, n5: 4, n8: 3, n9: 2 })[n] ?? 50;
  const { float, agreement } = await search(costly, { room: 10, growth });
  expect([...float].toSorted()).toEqual(['n3', 'n5', 'n9']);
  expect(agreement.agreement).toBeCloseTo(1 - (0.1 + 0.06 + 0.05));
  // To the last byte.
  const exact = await search({ n1: 0.5, n2: 0.3, n4: 0.1 }, { room: 6, growth: () => 3 });
  expect([...exact.float].toSorted()).toEqual(['n1', 'n2']);

  const costs = fc.dictionary(
    fc.nat(39).map((n) => `n${n}`),
    fc.double({ min: 0, max: 0.3, noNaN: true }),
  );
  await fc.assert(
    fc.asyncProperty(
      costs,
      fc.nat(40),
      fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 40, maxLength: 40 }),
      async (cost, room, sizes) => {
        const sizeOf = (n: string) => sizes[nodes.indexOf(n)] ?? 0;
        const found = await search(cost, { room, growth: sizeOf });
        expect([...found.float].reduce((sum, n) => sum + sizeOf(n), 0)).toBeLessThanOrEqual(room);
        expect(found.float.size).toBeLessThanOrEqual(nodes.length / 2);
      },
    ),
  );
});

test('where all cost alike the search ends with the best that it saw', async () => {
  const { agreement } = await search(Object.fromEntries(nodes.map((n) => [n, 0.02])));
  expect(agreement.agreement).toBeGreaterThan(0.5);
  expect(agreement.agreement).toBeLessThan(0.98);
});

test.each([true, false])('no sample has two tasks, and none is forgotten (ordered: %s)', (ordered) => {
  for (const count of [0, 1, 10, 57]) {
    const {
      calibration,
      search: chosen,
      unseen,
    } = splitSamples(
      Array.from({ length: count }, (_, i) => i),
      ordered,
    );
    expect([...calibration, ...chosen, ...unseen].toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: count }, (_, i) => i),
    );
    if (ordered && unseen.length > 0)
      expect(Math.min(...unseen)).toBeGreaterThan(Math.max(-1, ...calibration, ...chosen));
    if (count >= 10) expect(Math.min(calibration.length, chosen.length, unseen.length)).toBeGreaterThan(0);
  }
});
