import { expect, test } from 'vitest';
import { splitSamples } from '../../../../cloud-hub/registry/quantize/samples/split.ts';
import { createThin } from '../../../../cloud-hub/registry/quantize/samples/thin.ts';
import { searchFloat } from '../../../../cloud-hub/registry/quantize/search.ts';

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

test('an even choice out of a sequence of unknown length', () => {
  for (const length of [0, 5, 8, 9, 100, 1000]) {
    const thin = createThin<number>(8);
    for (let i = 0; i < length; i++) thin.push(thin.wants() ? i : undefined);
    const steps = new Set(thin.kept.slice(1).map((v, i) => v - (thin.kept[i] ?? 0)));
    expect(thin.kept.length).toBeLessThanOrEqual(8);
    expect(thin.kept.length).toBeGreaterThanOrEqual(Math.min(length, 4));
    expect(steps.size).toBeLessThanOrEqual(1);
  }
});
