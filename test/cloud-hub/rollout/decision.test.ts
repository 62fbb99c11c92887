/** One decision for one state: each rule just inside of its bound and just beyond it. */
import { describe, expect, test } from 'vitest';
import { type DeviceView, decide, type RolloutProgress } from '../../../cloud-hub/rollout/decide.ts';
import type { Outcome } from '../../../cloud-hub/rollout/outcome.ts';
import { active, digest, planOf, shadowOf } from './fleet.ts';

describe('one decision', () => {
  const now = 1e12;
  const view = (id: string, outcome: Outcome, more: Partial<DeviceView> = {}): DeviceView => ({
    id,
    online: true,
    selected: true,
    askedAt: now - 1000,
    outcome,
    ...more,
  });
  const fresh = (id: string, more: Partial<DeviceView> = {}) =>
    view(id, { state: 'waiting' }, { askedAt: undefined, ...more });
  const running = (wave: number, more: Partial<RolloutProgress> = {}): RolloutProgress => ({
    status: 'running',
    wave,
    ...more,
  });
  const decided = (
    plan: Record<string, unknown>,
    progress: RolloutProgress,
    devices: readonly DeviceView[],
    at = now,
  ) => decide({ id: 'r', plan: planOf(plan) }, progress, devices, at);
  const one = { waves: [{ percent: 100, soakS: 60 }] };
  const working: Outcome = { state: 'working', phase: 'proving' };

  test('waits while nobody is selected, and begins with the first who is', () => {
    expect(decided({}, running(-1), [])).toMatchObject({ kind: 'wait', reason: 'no device is selected' });
    expect(decided({}, running(-1), [fresh('a', { selected: false })])).toMatchObject({
      kind: 'wait',
      reason: 'no device is selected',
    });
    expect(decided({}, running(-1), [fresh('a')])).toMatchObject({
      kind: 'ask',
      wave: 0,
      devices: ['a'],
      reason: 'wave 1 of 3 begins',
    });
    // Those who were asked are still there, though nobody is selected any more.
    expect(decided(one, running(0), [view('a', active(), { selected: false })])).toMatchObject({
      kind: 'wait',
      reason: 'wave 1 is soaking',
    });
    // Whoever was asked by hand before the first wave does not make it begin twice.
    expect(decided(one, running(-1), [view('a', active())])).toMatchObject({
      kind: 'wait',
      reason: 'no device is selected',
    });
  });

  test('takes in devices that are new in the present wave, before it looks whether that is settled', () => {
    expect(decided(one, running(0), [view('a', working), fresh('b')])).toMatchObject({
      kind: 'ask',
      wave: 0,
      devices: ['b'],
      reason: 'wave 1 takes in devices that are new',
    });
  });

  test.each<[string, DeviceView[], Record<string, unknown>, string]>([
    ['one at work', [view('a', active()), view('b', working)], {}, 'wave 1: 1 of 2 devices are at work'],
    [
      'one that has not answered',
      [view('a', active()), view('b', { state: 'waiting' })],
      {},
      'wave 1: 1 of 2 devices are at work',
    ],
    [
      'too few active, the others away',
      [view('a', active()), ...['b', 'c'].map((id) => view(id, working, { online: false }))],
      {},
      'wave 1: 1 of 3 devices run it and 2 are needed; 2 are offline',
    ],
    [
      'half active, the other away',
      [view('a', active()), view('b', working, { online: false })],
      {},
      'wave 1 is soaking',
    ],
    [
      'all away',
      [view('a', working, { online: false })],
      { quorum: 0 },
      'wave 1: 0 of 1 devices run it and 1 are needed; 1 are offline',
    ],
    ['active and away', [view('a', active(), { online: false })], {}, 'wave 1 is soaking'],
    [
      'too few frames',
      [view('a', active({ frames: 60 })), view('b', active({ frames: 39 }))],
      {},
      'wave 1: 99 frames served; 100 are needed to judge by',
    ],
    [
      'just enough frames',
      [view('a', active({ frames: 60 })), view('b', active({ frames: 40 }))],
      {},
      'wave 1 is soaking',
    ],
    [
      'streams, of which there are no frames',
      [view('a', { state: 'active' })],
      { target: { kind: 'streams', revision: digest } },
      'wave 1 is soaking',
    ],
    [
      'a model that tells no figures',
      [view('a', { state: 'active' })],
      {},
      'wave 1: 0 frames served; 100 are needed to judge by',
    ],
  ])('with %s', (_what, devices, plan, reason) => {
    expect(decided({ ...one, ...plan }, running(0), devices)).toMatchObject({ kind: 'wait', reason });
  });

  test('a device is late after its time, not at it; only online, and only while it is not done', () => {
    const plan = { ...one, timeoutS: 10, gates: { maxFailed: 1 } };
    const at = (ms: number, outcome: Outcome, more: Partial<DeviceView> = {}) =>
      decided(plan, running(0), [
        view('a', outcome, { askedAt: now - ms, ...more }),
        view('b', active()),
        view('c', active()),
      ]);
    expect(at(10_000, working).gates[0]).toMatchObject({ value: 0 });
    expect(at(10_001, working).gates[0]?.value).toBeCloseTo(1 / 3);
    expect(at(10_001, { state: 'waiting' }).gates[0]?.value).toBeCloseTo(1 / 3);
    expect(at(10_001, working, { online: false }).gates[0]).toMatchObject({ value: 0 });
    expect(at(10_001, active()).gates[0]).toMatchObject({ value: 0 });
    // Asked in the future: the clock was set back.
    expect(at(-1e9, working).gates[0]).toMatchObject({ value: 0 });
    // One that is late holds the wave up no more.
    expect(at(10_001, working)).toMatchObject({ kind: 'wait', reason: 'wave 1 is soaking' });
  });

  test('the soak ends at its last millisecond; begins now when it had not begun, or the clock was set back', () => {
    const good = [view('a', active())];
    expect(decided(one, running(0), good)).toMatchObject({ kind: 'wait', settledAt: now });
    expect(decided(one, running(0, { settledAt: now - 59_999 }), good)).toMatchObject({
      kind: 'wait',
      settledAt: now - 59_999,
    });
    expect(decided(one, running(0, { settledAt: now - 60_000 }), good)).toMatchObject({
      kind: 'complete',
      reason: 'all waves went well: 1 of 1 devices run it',
    });
    expect(decided(one, running(0, { settledAt: now + 5000 }), good)).toMatchObject({ kind: 'wait', settledAt: now });
    // What is not settled does not soak.
    expect(decided(one, running(0, { settledAt: now - 60_000 }), [view('a', working)])).toMatchObject({
      kind: 'wait',
      settledAt: undefined,
    });
  });

  test('the next wave with somebody to ask comes next; one that is no larger is passed over', () => {
    const plan = {
      waves: [
        { devices: 1, soakS: 0 },
        { devices: 1, soakS: 9 },
        { percent: 100, soakS: 0 },
      ],
    };
    expect(decided(plan, running(0), [view('a', active()), fresh('b')])).toMatchObject({
      kind: 'ask',
      wave: 2,
      devices: ['b'],
      reason: 'wave 1 went well; wave 3 of 3 begins',
    });
    expect(decided(plan, running(0), [view('a', active())])).toMatchObject({ kind: 'complete' });
  });

  test('of several gates the first that is not waived decides, and says so; a pause is not paused again', () => {
    const bad = [view('a', { state: 'failed', stage: 'proof', reason: 'no', shadow: shadowOf({ agreement: 0.1 }) })];
    expect(decided({}, running(0), bad)).toMatchObject({
      kind: 'roll-back',
      reason: expect.stringMatching(/^gate failed: /),
    });
    expect(decided({}, running(0, { waived: ['failed'] }), bad)).toMatchObject({
      kind: 'roll-back',
      reason: expect.stringMatching(/^gate agreement: /),
    });
    const waived = decided({}, running(0, { waived: ['agreement', 'failed'] }), bad);
    expect(waived).toMatchObject({ kind: 'wait', gates: [{ state: 'tripped' }, { state: 'tripped' }, {}, {}, {}, {}] });
    const pausing = { onFailure: 'pause' };
    expect(decided(pausing, running(0), bad).kind).toBe('pause');
    expect(decided(pausing, { status: 'paused', wave: 0 }, bad)).toMatchObject({ kind: 'wait', reason: 'paused' });
    expect(decided({}, { status: 'paused', wave: 0 }, bad).kind).toBe('roll-back');
    // Paused, with somebody to ask: nobody is.
    expect(decided(one, { status: 'paused', wave: 0, settledAt: 5 }, [view('a', active()), fresh('b')])).toMatchObject({
      kind: 'wait',
      reason: 'paused',
      settledAt: undefined,
    });
  });
});
