/** Each gate just inside of its limit, at it and beyond it; when it is not judged; and what it says. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { GateName, GateResult } from '../../../cloud-hub/contract/rollout.ts';
import { type Asked, judge } from '../../../cloud-hub/rollout/gates.ts';
import type { Figures, Outcome } from '../../../cloud-hub/rollout/outcome.ts';
import { active, calm, good, planOf, shadowOf } from './fleet.ts';

const asked = (...outcomes: Outcome[]): Asked[] =>
  outcomes.map((outcome, i) => ({ id: `d${i}`, outcome, late: false }));
const failed: Outcome = { state: 'failed', stage: 'proof', reason: 'not finite' };

function gate(name: GateName, devices: readonly Asked[], gates: Record<string, unknown> = {}): GateResult {
  const found = judge(planOf({ gates }).gates, devices);
  expect(found.map((g) => g.gate)).toEqual(['failed', 'agreement', 'error-rate', 'latency', 'drift', 'disagreement']);
  const result = found.find((g) => g.gate === name);
  if (!result) throw new Error(name);
  return result;
}

const bare = (more: Partial<Figures>): Outcome => ({ state: 'active', figures: { frames: 0, errors: 0, ...more } });

describe('failed devices', () => {
  const ten = (bad: number) => asked(...Array.from({ length: 10 }, (_, i) => (i < bad ? failed : active())));

  test.each([
    [0, 0, 'ok', '0 of 10 devices failed, none may'],
    [1, 0, 'tripped', '1 of 10 devices failed, none may; d0: proof: not finite'],
    [3, 0.3, 'ok', '3 of 10 devices failed, 30 % at most may; d0: proof: not finite'],
    [4, 0.3, 'tripped', '4 of 10 devices failed, 30 % at most may; d0: proof: not finite'],
    [10, 1, 'ok', '10 of 10 devices failed, 100 % at most may; d0: proof: not finite'],
  ] as const)('%i of 10 with at most %d: %s', (bad, maxFailed, state, reason) => {
    expect(gate('failed', ten(bad), { maxFailed })).toEqual({
      gate: 'failed',
      state,
      value: bad / 10,
      limit: maxFailed,
      reason,
    });
  });

  test('one that is late counts, with its last word; before anybody was asked nothing is judged', () => {
    const late: Asked = {
      id: 'x',
      late: true,
      outcome: { state: 'working', phase: 'downloading', reason: 'no network' },
    };
    expect(gate('failed', [late, ...asked(active())])).toMatchObject({
      state: 'tripped',
      value: 0.5,
      reason: '1 of 2 devices failed, none may; x: not done in time; its last word is downloading: no network',
    });
    const silent: Asked = { id: 'y', late: true, outcome: { state: 'waiting' } };
    expect(gate('failed', [silent]).reason).toContain('y: not done in time; it has not taken up what it was asked');
    expect(gate('failed', [])).toEqual({
      gate: 'failed',
      state: 'not judged',
      limit: 0,
      reason: 'no device was asked yet',
    });
  });
});

describe('agreement in shadow', () => {
  const of = (agreement: number, seen: number, frames = 100, state: Outcome['state'] = 'active'): Outcome => {
    const shadow = shadowOf({ agreement, seen, frames });
    if (state === 'working') return { state, phase: 'shadowing', shadow };
    if (state === 'failed') return { ...failed, shadow };
    return { state: 'active', shadow };
  };

  test.each([
    [0.8, 'ok'],
    [0.79, 'tripped'],
    [1, 'ok'],
  ])('%d of 0.8: %s', (agreement, state) => {
    expect(gate('agreement', asked(of(agreement, 400)))).toEqual({
      gate: 'agreement',
      state,
      value: agreement,
      limit: 0.8,
      reason: `agreement of ${agreement} over 100 frames in shadow; at least 0.8 is needed`,
    });
  });

  test('each device weighs as much as it saw, in whatever state it is; who saw nothing has no weight', () => {
    const devices = asked(of(1, 100), of(0.5, 300, 50, 'working'), of(0, 100, 50, 'failed'), of(1, 0, 1000));
    const { value, reason } = gate('agreement', devices);
    expect(value).toBeCloseTo((1 * 100 + 0.5 * 300) / 500);
    expect(reason).toContain('over 1200 frames');
  });

  test('is judged from so many frames on, and only where something was seen', () => {
    expect(gate('agreement', asked(of(0, 10, 99)))).toMatchObject({
      state: 'not judged',
      reason: '99 frames in shadow; 100 are needed',
    });
    expect(gate('agreement', asked(of(0, 10, 50), of(0, 10, 50))).state).toBe('tripped');
    expect(gate('agreement', asked(of(0, 10, 0)), { minFrames: 0 }).state).toBe('not judged');
    expect(gate('agreement', asked(of(0, 10, 1)), { minFrames: 0 }).state).toBe('tripped');
    expect(gate('agreement', asked(of(1, 0, 500)))).toMatchObject({
      state: 'not judged',
      reason: 'nothing was seen in 500 frames of shadow',
    });
    expect(gate('agreement', asked({ state: 'waiting' })).state).toBe('not judged');
  });
});

describe('errors', () => {
  test.each([
    [99, 1, 'ok', 0.01],
    [98, 2, 'tripped', 0.02],
    [100, 0, 'ok', 0],
    // Errors without a frame are evidence too.
    [0, 100, 'tripped', 1],
  ])('%i frames, %i errors: %s', (frames, errors, state, value) => {
    expect(gate('error-rate', asked(bare({ frames, errors })))).toEqual({
      gate: 'error-rate',
      state,
      value,
      limit: 0.01,
      reason: `${errors} errors in ${frames + errors} frames; at most 0.01 is allowed`,
    });
  });

  test('are added up over devices, and judged from so many frames on', () => {
    expect(gate('error-rate', asked(bare({ frames: 49, errors: 1 }), bare({ frames: 50 })))).toMatchObject({
      value: 0.01,
      state: 'ok',
    });
    expect(gate('error-rate', asked(bare({ frames: 90, errors: 9 })))).toMatchObject({
      state: 'not judged',
      reason: '90 frames served; 100 are needed',
    });
    expect(gate('error-rate', asked(bare({})), { minFrames: 0 }).state).toBe('not judged');
    expect(gate('error-rate', asked(bare({ errors: 1 })), { minFrames: 1 }).state).toBe('tripped');
    // Figures are of models that serve.
    expect(gate('error-rate', asked(failed, { state: 'waiting' })).state).toBe('not judged');
  });
});

describe('latency, by pairs', () => {
  const of = (median: number, low: number, pairs = 200): Outcome => ({
    state: 'active',
    figures: good,
    shadow: shadowOf({ timeRatio: { pairs, median, low, high: 2 * median } }),
  });

  test.each([
    [1.5, 1.4, 'ok', '1.5× the time on the same frame, surely above 1.4×, over 200 frames in shadow (1 device)'],
    [1.51, 1.4, 'tripped', '1.51× the time on the same frame, surely above 1.4×, over 200 frames in shadow (1 device)'],
    [3, 1.01, 'tripped', '3× the time on the same frame, surely above 1.01×, over 200 frames in shadow (1 device)'],
    [0.5, 0.4, 'ok', '0.5× the time on the same frame, surely above 0.4×, over 200 frames in shadow (1 device)'],
  ] as const)('%d, surely above %d: %s', (median, low, state, reason) => {
    expect(gate('latency', asked(of(median, low)))).toEqual({
      gate: 'latency',
      state,
      value: median,
      limit: 1.5,
      reason: `${reason}; at most 1.5 is allowed`,
    });
  });

  test('what may be noise stops nothing, and says so', () => {
    expect(gate('latency', asked(of(3, 1)))).toMatchObject({
      state: 'ok',
      value: 3,
      reason: expect.stringMatching(/1 device\); that is too uncertain to stop it$/),
    });
  });

  test('is the median over devices, whatever their order, and goes before the latencies in service', () => {
    const ratios = [9, 1, 2, 1.2, 1.1];
    fc.assert(
      fc.property(fc.shuffledSubarray(ratios, { minLength: 5 }), (shuffled) => {
        expect(gate('latency', asked(...shuffled.map((r) => of(r, r)))).value).toBeCloseTo(1.2);
      }),
    );
    const slow = { ...good, latency: { p50: 90, p95: 99 } };
    const slowInService: Outcome = {
      state: 'active',
      figures: slow,
      shadow: shadowOf({ timeRatio: { pairs: 200, median: 1, low: 0.9, high: 1.1 } }),
    };
    expect(gate('latency', asked(slowInService)).state).toBe('ok');
    const failedThere: Outcome = {
      ...failed,
      shadow: shadowOf({ timeRatio: { pairs: 200, median: 2, low: 2, high: 2 } }),
    };
    expect(gate('latency', asked(failedThere)).state).toBe('tripped');
  });

  test('is judged from so many frames on, over all devices', () => {
    expect(gate('latency', asked(of(3, 2, 99), bare({})))).toMatchObject({
      state: 'ok',
      reason: expect.stringContaining('as long as before'),
    });
    expect(gate('latency', asked(of(3, 2, 50), of(3, 2, 50))).state).toBe('tripped');
  });
});

describe('latency in service, without pairs', () => {
  const times = (p50: number, p95: number, prepare?: number) => ({ latency: { p50, p95 }, prepare });
  const of = (now: ReturnType<typeof times>, before = times(10, 20), frames = 100) =>
    bare({ frames, ...now, latencyBefore: before.latency, prepareBefore: before.prepare });

  test.each([
    ['both have grown', of(times(20, 40)), 'tripped', 2],
    ['the median alone has', of(times(20, 20)), 'ok', 1],
    ['the p95 alone has', of(times(10, 40)), 'ok', 1],
    ['scaling takes as much longer', of(times(20, 40, 6), times(10, 20, 3)), 'ok', 1],
    ['scaling takes a little longer', of(times(20, 40, 3.3), times(10, 20, 3)), 'tripped', 2 / 1.1],
    ['scaling has become faster', of(times(14, 28, 1), times(10, 20, 3)), 'ok', 1.4],
  ] as const)('%s: judged as it should be', (_what, outcome, state, value) => {
    const judged = gate('latency', asked(outcome));
    expect(judged).toMatchObject({ state, limit: 1.5 });
    expect(judged.value).toBeCloseTo(value);
    expect(judged.reason).toMatch(/^a frame takes .*× as long as before, the machine's load considered \(1 device\)/);
  });

  test('needs both figures and enough frames', () => {
    const without = [
      bare({ frames: 100, ...times(90, 90) }),
      bare({ frames: 100, latencyBefore: { p50: 1, p95: 1 } }),
      of(times(90, 90), times(0, 0)),
      of(times(90, 90), times(10, 10), 0),
    ];
    expect(gate('latency', asked(...without, of(times(10, 20))))).toMatchObject({ value: 1, state: 'ok' });
    expect(gate('latency', asked(...without))).toMatchObject({
      state: 'not judged',
      reason: '0 frames in shadow, and 0 devices have a latency before and after',
    });
    expect(gate('latency', asked(of(times(90, 90), times(10, 10), 99))).state).toBe('not judged');
    expect(gate('latency', asked(of(times(90, 90), times(1, 1), 99), of(times(9, 9), times(1, 1), 1))).state).toBe(
      'tripped',
    );
  });
});

describe('drift of the scores', () => {
  const of = (scores: readonly number[] | undefined, scoresBefore: readonly number[] | undefined): Outcome =>
    bare({ frames: 100, scores, scoresBefore });
  const low = [100, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  const high = [0, 0, 0, 0, 0, 0, 0, 0, 0, 100];

  test('the same scores have not moved; others have; both tests have their own limit', () => {
    expect(gate('drift', asked(of(calm, calm)))).toMatchObject({ state: 'ok', value: 0, limit: 0.25 });
    expect(gate('drift', asked(of(low, high)))).toMatchObject({
      state: 'tripped',
      reason: expect.stringMatching(/^scores moved by .* \(PSI\); at most 0\.25 is allowed$/),
    });
    const ks = (max: number, now: readonly number[]) =>
      gate('drift', asked(of(now, [50, 50, 0, 0, 0, 0, 0, 0, 0, 0])), { drift: { test: 'ks', max } });
    const moved = [20, 80, 0, 0, 0, 0, 0, 0, 0, 0];
    expect(ks(0.31, moved)).toMatchObject({ state: 'ok', reason: expect.stringContaining('moved by 0.3 (KS)') });
    expect(ks(0.29, moved)).toMatchObject({ state: 'tripped', limit: 0.29 });
  });

  test('is pooled over devices that have both histograms, and judged from a hundred scores on each side', () => {
    // One against the other they would have moved; together they have not.
    expect(gate('drift', asked(of(low, high), of(high, low)))).toMatchObject({ state: 'ok', value: 0 });
    expect(gate('drift', asked(of(low, low), of(low, undefined), of(undefined, high))).value).toBe(0);
    const few = [99, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    for (const [now, before, output] of [
      [few, high, '99 scores now and 100 before; 100 are needed'],
      [low, few, '100 scores now and 99 before; 100 are needed'],
    ] as const) {
      expect(gate('drift', asked(of(now, before)))).toMatchObject({ state: 'not judged', reason: output });
    }
    expect(gate('drift', asked(of(low, high))).state).toBe('tripped');
  });
});
