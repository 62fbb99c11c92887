import { expect, test } from 'vitest';
import type { Rollout, RolloutDevice, RolloutEvent } from '../../../../cloud-hub/api/schemas/rollout.ts';
import { ApiError } from '../../../../cloud-hub/dashboard/state/api.ts';
import { CATCH_UP_MS, RolloutFollow } from '../../../../cloud-hub/dashboard/state/rollout-follow.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { eventOf, rolloutOf, rowOf } from '../rollouts.ts';

/** A hub that knows one rollout; pages of one item each. */
class Hub {
  rollout: Rollout = rolloutOf();
  waves: string[][] = [['a'], ['b'], []];
  devices: RolloutDevice[] = [];
  history: RolloutEvent[] = [];
  readonly asked: string[] = [];
  /** Holds answers back until it is called. */
  gate: Promise<void> = Promise.resolve();

  async #answer<T>(what: string, value: () => T): Promise<T> {
    this.asked.push(what);
    const answer = value();
    await this.gate;
    return answer;
  }

  api() {
    const after = <T>(items: T[], key: (item: T) => string, cursor: unknown) => {
      const rest = cursor === undefined ? items : items.slice(items.findIndex((item) => key(item) === cursor) + 1);
      const [first] = rest;
      return first === undefined ? { items: [] } : { items: [first], ...(rest.length > 1 ? { next: key(first) } : {}) };
    };
    return {
      rollout: () => this.#answer('rollout', () => this.rollout),
      rolloutWaves: () => this.#answer('waves', () => this.waves),
      rolloutDevices: (_id: string, { cursor }: { cursor?: unknown }) =>
        this.#answer('devices', () => after(this.devices, (row) => row.device, cursor)),
      rolloutHistory: (_id: string, { cursor }: { cursor?: unknown }) =>
        this.#answer('history', () => after(this.history, (entry) => entry.id, cursor)),
    };
  }
}

const told = (rollout: Rollout, ...devices: RolloutDevice[]) => ({ type: 'rollout' as const, rollout, devices });

test('reads everything, page by page', async () => {
  const hub = new Hub();
  hub.devices = [rowOf('a', 'active'), rowOf('b', 'working', 'proving', 1)];
  hub.history = [eventOf(1, 'created'), eventOf(2, 'asked'), eventOf(3, 'asked')];
  const follow = new RolloutFollow('r1', hub.api(), new ManualClock());
  await follow.load();
  const { rollout, waves, devices, history, loading } = follow.state.value;
  expect({ rollout, waves, loading }).toEqual({ rollout: hub.rollout, waves: hub.waves, loading: { kind: 'ready' } });
  expect([...devices.values()]).toEqual(hub.devices);
  expect(history).toEqual(hub.history);
});

test('the feed moves devices at once; what it does not carry is read again, once for a burst', async () => {
  const hub = new Hub();
  hub.history = [eventOf(1, 'created')];
  const clock = new ManualClock();
  const follow = new RolloutFollow('r1', hub.api(), clock);
  await follow.load();
  hub.history.push(eventOf(2, 'asked'));
  hub.waves = [['a'], ['c'], ['b']];
  hub.asked.length = 0;
  for (let n = 1; n <= 20; n++) {
    const changedAt = `2026-06-01T00:00:${String(n).padStart(2, '0')}.000Z`;
    follow.hear(told(rolloutOf({ reason: `step ${n}`, changedAt }), rowOf('a', 'working', 'downloading')));
  }
  expect(follow.state.value.rollout?.reason).toBe('step 20');
  expect(follow.state.value.devices.get('a')?.reason).toBe('downloading');
  await clock.advance(CATCH_UP_MS);
  await expect.poll(() => follow.state.value.history.length).toBe(2);
  expect(follow.state.value.waves).toEqual(hub.waves);
  expect(hub.asked.filter((what) => what === 'waves')).toHaveLength(1);
});

test('what the feed said while a reading was under way is newer and stays', async () => {
  const hub = new Hub();
  hub.devices = [rowOf('a', 'waiting'), rowOf('b', 'waiting')];
  let open: () => void = () => undefined;
  hub.gate = new Promise((resolve) => {
    open = resolve;
  });
  const follow = new RolloutFollow('r1', hub.api(), new ManualClock());
  const loading = follow.load();
  follow.hear(told(rolloutOf({ wave: 1, changedAt: '2026-06-02T00:00:00.000Z' }), rowOf('a', 'active')));
  open();
  await loading;
  expect(follow.state.value.rollout?.wave).toBe(1);
  expect([...follow.state.value.devices.values()].map((row) => row.outcome)).toEqual(['active', 'waiting']);
});

test('of another rollout, or after the page is left, nothing changes', async () => {
  const hub = new Hub();
  const follow = new RolloutFollow('r1', hub.api(), new ManualClock());
  await follow.load();
  const before = follow.state.value;
  follow.hear(told(rolloutOf({ id: 'r2' }), rowOf('z', 'failed')));
  follow.hear({
    type: 'trouble',
    trouble: { id: '1', device: 'a', at: '', kind: 'error', code: 'x', message: '', count: 1 },
  });
  follow.close();
  follow.hear(told(rolloutOf({ wave: 2, changedAt: '2027-01-01T00:00:00.000Z' })));
  expect(follow.state.value).toBe(before);
});

test('a rollout that is not there is told apart from a hub that is not', async () => {
  const failing = (error: Error) => {
    const fail = () => Promise.reject(error);
    const api = { rollout: fail, rolloutWaves: fail, rolloutDevices: fail, rolloutHistory: fail };
    return new RolloutFollow('r9', api, new ManualClock());
  };
  const missing = failing(new ApiError(404, 'there is no rollout "r9"'));
  await missing.load();
  expect(missing.state.value).toMatchObject({ isMissing: true, loading: { kind: 'failed' } });
  const away = failing(new ApiError(0, 'The hub cannot be reached.'));
  await away.load();
  expect(away.state.value).toMatchObject({
    isMissing: false,
    loading: { kind: 'failed', reason: 'The hub cannot be reached.' },
  });
});
