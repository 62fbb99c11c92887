import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gateNames } from '../../../../cloud-hub/contract/rollout.ts';
import { gateViews } from '../../../../cloud-hub/dashboard/rollouts/gates.ts';
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
    'at most 5%',
  ]);
  expect(views.every(({ state, figure, bar }) => state === 'not judged' && !figure && !bar)).toBe(true);
});

test('what the hub judged is shown with its figure', () => {
  const asked = [{ id: 'x', late: false, outcome: active({ errors: 4, frames: 996, latency: { p50: 12, p95: 24 } }) }];
  const views = gateViews(plan, judge(plan.gates, asked), ['latency']);
  expect(views.map(({ figure }) => figure)).toEqual(['0%', '97%', '0.4%', '1.2×', '0 PSI', undefined]);
  expect(views.map(({ isWaived }) => isWaived)).toEqual([false, false, false, true, false, false]);
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

test('a figure has its unit, a bar its place', () => {
  const of = (gate: (typeof gateNames)[number], value: number, limit: number, drift: 'psi' | 'ks' = 'psi') => {
    const judged = { ...plan, gates: { ...plan.gates, drift: { test: drift, max: limit } } };
    const [view] = gateViews(judged, [{ gate, state: 'tripped', value, limit, reason: 'r' }], []);
    return [view?.title, view?.figure, view?.threshold, view?.bar?.value, view?.bar?.limit];
  };
  expect(of('failed', 0.25, 0.1)).toEqual(['Failed devices', '25%', 'at most 10%', 0.25, 0.1]);
  expect(of('agreement', 0.5, 0.8)).toEqual(['Shadow agreement', '50%', 'at least 80%', 0.5, 0.8]);
  expect(of('error-rate', 0.005, 0.01)).toEqual(['Error rate', '0.5%', 'at most 1%', 0.25, 0.5]);
  expect(of('latency', 6, 1.5)).toEqual(['Latency, compared with before', '6×', 'at most 1.5×', 1, 0.25]);
  expect(of('drift', 0.1, 0.2, 'ks')).toEqual(['Score drift', '0.1 KS', 'at most 0.2 KS', 0.25, 0.5]);
  // A limit of nothing, and nothing measured.
  expect(of('error-rate', 0, 0).slice(3)).toEqual([0, 0]);
});

test('before it was judged a gate says what it waits for', () => {
  for (const { reason, isWaived } of gateViews(plan, [], ['drift']).filter(({ gate }) => gate === 'drift')) {
    expect(reason).toBe('no device was asked yet');
    expect(isWaived).toBe(true);
  }
});
