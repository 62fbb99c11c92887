import { describe, expect, test } from 'vitest';
import type { Rollout, RolloutDevice, RolloutEvent } from '../../../../cloud-hub/contract/rollout.ts';
import { ApiError } from '../../../../cloud-hub/dashboard/hub/api.ts';
import { CATCH_UP_MS, MAX_HISTORY, RolloutFollow } from '../../../../cloud-hub/dashboard/rollouts/rollout-follow.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { eventOf, rolloutOf, rowOf } from '../rollouts.ts';

/** A hub that knows one rollout; pages of `size` items. An answer is what it held when it was asked. */
class Hub {
  rollout: Rollout = rolloutOf();
  waves: string[][] = [['a'], ['b'], []];
  devices: RolloutDevice[] = [];
  history: RolloutEvent[] = [];
  size = 1;
  failure: Error | undefined;
  readonly asked: string[] = [];
  readonly signals: (AbortSignal | undefined)[] = [];
  /** Holds answers back until it is called. */
  gate: Promise<void> = Promise.resolve();

  /** Holds the answers to what is asked from now on; another call lets other answers pass. */
  hold(): () => void {
    let open: () => void = () => undefined;
    this.gate = new Promise((resolve) => {
      open = resolve;
    });
    return open;
  }

  async #answer<T>(what: string, signal: AbortSignal | undefined, value: () => T): Promise<T> {
    this.asked.push(what);
    this.signals.push(signal);
    const { failure, gate } = this;
    const answer = value();
    await gate;
    signal?.throwIfAborted();
    if (failure) throw failure;
    return answer;
  }

  api() {
    const after = <T>(items: T[], key: (item: T) => string, cursor: unknown) => {
      const rest = cursor === undefined ? items : items.slice(items.findIndex((item) => key(item) === cursor) + 1);
      const page = rest.slice(0, this.size);
      const last = page.at(-1);
      return last !== undefined && rest.length > this.size ? { items: page, next: key(last) } : { items: page };
    };
    type Asked = { readonly cursor?: unknown; readonly limit?: unknown };
    return {
      rollout: (id: string, signal?: AbortSignal) => this.#answer(`rollout ${id}`, signal, () => this.rollout),
      rolloutWaves: (_id: string, signal?: AbortSignal) => this.#answer('waves', signal, () => this.waves),
      rolloutDevices: (_id: string, { cursor }: Asked, signal?: AbortSignal) =>
        this.#answer(`devices ${cursor ?? ''}`.trim(), signal, () => after(this.devices, (row) => row.device, cursor)),
      rolloutHistory: (_id: string, { cursor }: Asked, signal?: AbortSignal) =>
        this.#answer(`history ${cursor ?? ''}`.trim(), signal, () => after(this.history, (entry) => entry.id, cursor)),
    };
  }
}

const second = (n: number) => `2026-06-01T00:00:${String(n).padStart(2, '0')}.000Z`;
const reported = (rollout: Rollout, ...devices: RolloutDevice[]) => ({ type: 'rollout' as const, rollout, devices });
const settled = () => new Promise((resolve) => setImmediate(resolve));

function bench() {
  const hub = new Hub();
  const clock = new ManualClock();
  const follow = new RolloutFollow('r1', hub.api(), clock);
  return { hub, clock, follow, state: () => follow.state.value };
}

test('reads everything, page by page', async () => {
  const { hub, follow, state } = bench();
  hub.devices = [rowOf('a', 'active'), rowOf('b', 'working', { phase: 'proving' }, 1)];
  hub.history = [eventOf(1, 'created'), eventOf(2, 'asked'), eventOf(3, 'asked')];
  expect(state()).toEqual({
    rollout: undefined,
    waves: [],
    devices: new Map(),
    history: [],
    isMissing: false,
    loading: { kind: 'loading' },
  });
  await follow.load();
  const { rollout, waves, devices, history, loading } = state();
  expect({ rollout, waves, loading }).toEqual({ rollout: hub.rollout, waves: hub.waves, loading: { kind: 'ready' } });
  expect([...devices.values()]).toEqual(hub.devices);
  expect(history).toEqual(hub.history);
  expect(hub.asked.toSorted()).toEqual(
    ['rollout r1', 'waves', 'devices', 'devices a', 'history', 'history 1', 'history 2'].toSorted(),
  );
});

describe('the feed', () => {
  test('moves devices at once; what it does not carry is read again, once for a burst, and again for the next', async () => {
    const { hub, clock, follow, state } = bench();
    hub.history = [eventOf(1, 'created')];
    await follow.load();
    for (const burst of [1, 2]) {
      hub.history.push(eventOf(1 + burst, 'asked'));
      hub.waves = [['a'], [`c${burst}`], ['b']];
      hub.asked.length = 0;
      for (let n = 1; n <= 20; n++) {
        const rollout = rolloutOf({ reason: `step ${burst}.${n}`, changedAt: second(20 * burst + n) });
        follow.receive(reported(rollout, rowOf('a', 'working', { phase: 'proving', reason: `phase ${n}` })));
      }
      expect(state().rollout?.reason).toBe(`step ${burst}.20`);
      expect(state().devices.get('a')?.reason).toBe('phase 20');
      await clock.advance(CATCH_UP_MS - 1);
      expect(hub.asked).toEqual([]);
      await clock.advance(1);
      expect(hub.asked.toSorted()).toEqual([`history ${burst}`, 'waves']);
      expect(state().history).toEqual(hub.history);
      expect(state().waves).toEqual(hub.waves);
    }
    await clock.advance(10 * CATCH_UP_MS);
    expect(hub.asked).toHaveLength(2);
  });

  test('is newer than a reading that was under way, and stays; a later reading knows better', async () => {
    const { hub, follow, state } = bench();
    hub.devices = [rowOf('a', 'waiting'), rowOf('b', 'waiting')];
    hub.size = 10;
    const open = hub.hold();
    const loading = follow.load();
    follow.receive(reported(rolloutOf({ wave: 1, changedAt: '2026-06-02T00:00:00.000Z' }), rowOf('a', 'active')));
    open();
    await loading;
    expect(state().rollout?.wave).toBe(1);
    expect([...state().devices.values()].map((row) => row.outcome)).toEqual(['active', 'waiting']);
    // The feed drops, and the hub goes on without it.
    hub.rollout = rolloutOf({ wave: 2, changedAt: '2026-06-03T00:00:00.000Z' });
    hub.devices = [rowOf('a', 'failed', { stage: 'service', reason: 'it crashed' }), rowOf('b', 'active')];
    await follow.load();
    expect(state().rollout?.wave).toBe(2);
    expect([...state().devices.values()].map((row) => row.outcome)).toEqual(['failed', 'active']);
  });

  test('an older state of the rollout does not take the place of a newer; an equal one does', async () => {
    const { follow, state } = bench();
    follow.receive(reported(rolloutOf({ reason: 'new', changedAt: second(2) })));
    follow.receive(reported(rolloutOf({ reason: 'old', changedAt: second(1) })));
    expect(state().rollout?.reason).toBe('new');
    follow.put(rolloutOf({ reason: 'same instant', changedAt: second(2) }));
    expect(state().rollout?.reason).toBe('same instant');
  });

  test('of another rollout, or of something else, changes nothing', async () => {
    const { hub, clock, follow, state } = bench();
    await follow.load();
    const before = state();
    hub.asked.length = 0;
    follow.receive(reported(rolloutOf({ id: 'r2' }), rowOf('z', 'failed')));
    follow.receive({
      type: 'problem',
      problem: { id: '1', device: 'a', at: '', kind: 'error', code: 'x', message: '', count: 1 },
    });
    await clock.advance(10 * CATCH_UP_MS);
    expect(state()).toBe(before);
    expect(hub.asked).toEqual([]);
  });
});

describe('catching up', () => {
  test('a slow answer does not undo a newer one, and what changed meanwhile is read after it', async () => {
    const { hub, clock, follow, state } = bench();
    hub.history = [eventOf(1, 'created')];
    await follow.load();
    hub.history = [eventOf(1, 'created'), eventOf(2, 'asked')];
    const open = hub.hold();
    follow.put(rolloutOf({ changedAt: second(1) }));
    await clock.advance(CATCH_UP_MS);
    hub.gate = Promise.resolve();
    hub.history = [...hub.history, eventOf(3, 'soaking')];
    follow.put(rolloutOf({ changedAt: second(2) }));
    await clock.advance(5 * CATCH_UP_MS);
    open();
    await settled();
    await clock.advance(CATCH_UP_MS);
    expect(state().history.map(({ id }) => id)).toEqual(['1', '2', '3']);
  });

  test('that fails is tried again at the next change', async () => {
    const { hub, clock, follow, state } = bench();
    await follow.load();
    hub.history = [eventOf(1, 'created')];
    hub.failure = new ApiError(503, 'busy');
    follow.put(rolloutOf({ changedAt: second(1) }));
    await clock.advance(CATCH_UP_MS);
    expect(state()).toMatchObject({ history: [], loading: { kind: 'ready' } });
    hub.failure = undefined;
    follow.put(rolloutOf({ changedAt: second(2) }));
    await clock.advance(CATCH_UP_MS);
    expect(state().history).toEqual(hub.history);
  });

  test('gives way to a whole reading that began meanwhile', async () => {
    const { hub, clock, follow, state } = bench();
    hub.size = 10;
    await follow.load();
    const open = hub.hold();
    hub.waves = [['stale']];
    follow.put(rolloutOf({ changedAt: second(1) }));
    await clock.advance(CATCH_UP_MS);
    hub.gate = Promise.resolve();
    hub.waves = [['fresh']];
    await follow.load();
    open();
    await settled();
    expect(state().waves).toEqual([['fresh']]);
  });

  test('the history has a bound', async () => {
    const { hub, clock, follow, state } = bench();
    hub.size = 300;
    hub.history = Array.from({ length: MAX_HISTORY + 700 }, (_, n) => eventOf(n + 1, 'asked'));
    await follow.load();
    expect(state().history).toHaveLength(MAX_HISTORY);
    hub.asked.length = 0;
    follow.put(rolloutOf({ changedAt: second(1) }));
    await clock.advance(CATCH_UP_MS);
    expect(state().history.length).toBeLessThanOrEqual(MAX_HISTORY);
    expect(hub.asked).toEqual(['waves']);
  });
});

test('after the page is left nothing changes, and nothing more is asked', async () => {
  const { hub, clock, follow, state } = bench();
  await follow.load();
  follow.put(rolloutOf({ changedAt: second(1) }));
  const open = hub.hold();
  const late = follow.load();
  const before = state();
  hub.asked.length = 0;
  follow.close();
  expect(hub.signals.at(-1)?.aborted).toBe(true);
  follow.receive(reported(rolloutOf({ wave: 2, changedAt: second(2) })));
  // The answer to a button that was pressed just before.
  follow.put(rolloutOf({ wave: 2, changedAt: second(2) }));
  open();
  await late;
  await clock.advance(10 * CATCH_UP_MS);
  expect(state()).toBe(before);
  expect(hub.asked).toEqual([]);
});

test('of two readings under way the later counts, whichever answers first', async () => {
  const { hub, follow, state } = bench();
  hub.rollout = rolloutOf({ reason: 'first' });
  const open = hub.hold();
  const first = follow.load();
  hub.gate = Promise.resolve();
  hub.rollout = rolloutOf({ reason: 'second' });
  await follow.load();
  open();
  await first;
  expect(state().rollout?.reason).toBe('second');
  // A reading that was overtaken does not report its failure either.
  hub.failure = new Error('down');
  const again = hub.hold();
  const failing = follow.load();
  hub.failure = undefined;
  hub.gate = Promise.resolve();
  await follow.load();
  again();
  await failing;
  expect(state().loading).toEqual({ kind: 'ready' });
});

test('a rollout that is not there is told apart from a hub that is not, and from one that is back', async () => {
  const { hub, follow, state } = bench();
  hub.failure = new ApiError(404, 'there is no rollout "r1"');
  await follow.load();
  expect(state()).toMatchObject({
    isMissing: true,
    loading: { kind: 'failed', reason: 'there is no rollout "r1"' },
  });
  hub.failure = new ApiError(0, 'The hub cannot be reached.');
  await follow.load();
  expect(state()).toMatchObject({
    isMissing: false,
    loading: { kind: 'failed', reason: 'The hub cannot be reached.' },
  });
  hub.failure = undefined;
  await follow.load();
  expect(state()).toMatchObject({ rollout: hub.rollout, isMissing: false, loading: { kind: 'ready' } });
});
