import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gateNames } from '../../../../cloud-hub/api/schemas/rollout.ts';
import { gateViews } from '../../../../cloud-hub/dashboard/state/gates.ts';
import { judge } from '../../../../cloud-hub/rollout/gates.ts';
import { active } from '../../rollout/fleet.ts';
import { rolloutOf } from '../rollouts.ts';

const { plan } = rolloutOf();

test('before anything was judged the limits stand there, one of each gate', () => {
  const views = gateViews(plan, [], []);
  expect(views.map(({ gate }) => gate)).toEqual([...gateNames]);
  expect(views.map(({ threshold }) => threshold)).toEqual([
    'at most 0%',
    'at least 80%',
    'at most 1%',
    'at most 1.5×',
    'at most 0.25 PSI',
  ]);
  expect(views.every(({ state, figure, bar }) => state === 'not judged' && !figure && !bar)).toBe(true);
});

test('what the hub judged is shown with its figure', () => {
  const asked = [{ id: 'x', late: false, outcome: active({ errors: 4, frames: 996, p95: 24 }) }];
  const views = gateViews(plan, judge(plan.gates, asked), ['latency']);
  expect(views.map(({ figure }) => figure)).toEqual(['0%', '97%', '0.4%', '1.2×', '0 PSI']);
  expect(views.map(({ isWaived }) => isWaived)).toEqual([false, false, false, true, false]);
});

test('a bar always has room for the figure and its limit, and shows which is larger', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.constantFrom(...gateNames), share, share, (gate, value, limit) => {
      const [view] = gateViews(plan, [{ gate, state: 'ok', value, limit, reason: '' }], []);
      const { bar } = view ?? {};
      if (!bar) throw new Error('no bar');
      expect(Math.min(bar.value, bar.limit)).toBeGreaterThanOrEqual(0);
      expect(Math.max(bar.value, bar.limit)).toBeLessThanOrEqual(1);
      if (value > limit) expect(bar.value).toBeGreaterThanOrEqual(bar.limit);
      if (value < limit) expect(bar.value).toBeLessThanOrEqual(bar.limit);
    }),
  );
});
