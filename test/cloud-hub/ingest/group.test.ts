/** Groups of messages: what shares a transaction, when the next one is taken, what arrives at all. */
import { describe, expect, test } from 'vitest';
import { defaultQueueLimits, FairQueue } from '../../../cloud-hub/ingest/queue.ts';
import type { Step } from '../../../cloud-hub/ingest/step.ts';
import { steps } from '../../../cloud-hub/ingest/steps.ts';
import { channels, isUp } from '../../../shared/contract/channels.ts';
import { encode, pack } from '../../../shared/contract/codec.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { eventRecord } from '../support.ts';
import { all, bench } from './bench.ts';

const batchOf = (seq: number, more: Record<string, unknown> = {}) =>
  encode({ epoch: 'e1', from: seq, to: seq, base: 1, records: [eventRecord(seq, more)] });

describe('a group', () => {
  /** Each transaction with the devices whose messages it took. */
  async function groups() {
    const clock = new ManualClock();
    const taken: string[][] = [];
    const watch: Step = {
      name: 'watch',
      phase: 'commit',
      run: async (message) => {
        taken.at(-1)?.push(message.device);
      },
    };
    const b = await bench(
      undefined,
      (store) => ({
        ...store,
        transact: (work) => {
          taken.push([]);
          return store.transact(work);
        },
      }),
      { clock, steps: [...steps, watch] },
    );
    const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
    return { b, clock, taken, turn, sizes: () => taken.map((group) => group.length) };
  }

  test('takes who cost much of late last, whoever sent first', async () => {
    let now = 0;
    const taken: string[] = [];
    const work: Step = {
      name: 'work',
      phase: 'check',
      run({ device }) {
        taken.push(device);
        if (device === 'hog') now += 1000;
      },
    };
    const { ingest } = await bench(undefined, undefined, {
      clock: { ...systemClock, mono: () => now },
      steps: [...steps, work],
    });
    ingest.presence('hog', true);
    await ingest.drained();
    for (const device of ['hog', 'calm', 'another']) ingest.presence(device, true);
    await ingest.drained();
    expect(taken).toEqual(['hog', 'calm', 'another', 'hog']);
  });

  test('takes what unpacks to much behind what is small, however small it was packed', async () => {
    const taken: string[] = [];
    const watch: Step = { name: 'watch', phase: 'check', run: ({ device }) => void taken.push(device) };
    const { ingest } = await bench(undefined, undefined, { steps: [watch] });
    const packed = pack(JSON.stringify({ pad: 'x'.repeat(1_000_000) }));
    expect(packed.length).toBeLessThan(10_000);
    void ingest.offer('packed', 'records', packed);
    ingest.presence('calm', true);
    await ingest.drained();
    expect(taken).toEqual(['calm', 'packed']);
  });

  test('is taken at once after a pause; right after a commit few messages wait 5 ms for others', async () => {
    const { b, clock, turn, sizes } = await groups();
    b.ingest.presence('a', true);
    await turn();
    expect(sizes()).toEqual([1]);
    b.ingest.presence('a', true);
    await turn();
    await clock.advance(4);
    b.ingest.presence('b', true);
    await turn();
    expect(sizes()).toEqual([1]);
    await clock.advance(1);
    expect(sizes()).toEqual([1, 2]);
    await clock.advance(5);
    b.ingest.presence('a', true);
    await turn();
    expect(sizes()).toEqual([1, 2, 1]);
  });

  test('holds 64 messages; as many that wait do not wait longer', async () => {
    const { b, clock, turn, sizes } = await groups();
    for (let n = 0; n < 64 * 2 + 63; n++) b.ingest.presence(`d${n}`, true);
    for (let n = 0; n < 5; n++) await turn();
    expect(sizes()).toEqual([64, 64]);
    await clock.advance(5);
    expect(sizes()).toEqual([64, 64, 63]);
  });

  test('ends after 64 KiB, and serves devices in turn', async () => {
    const { b, clock, turn, taken } = await groups();
    const big = Buffer.alloc(32 * 1024 - 1, 32);
    const offer = (device: string, payload: Buffer) => b.ingest.offer(device, 'records', payload);
    for (const device of ['a', 'a', 'b', 'c', 'a']) offer(device, big);
    await turn();
    expect(taken).toEqual([['a', 'b', 'c']]);
    await clock.advance(5);
    expect(taken).toEqual([
      ['a', 'b', 'c'],
      ['a', 'a'],
    ]);
    offer('a', Buffer.alloc(64 * 1024, 32));
    offer('b', big);
    await clock.advance(5);
    expect(taken.slice(2)).toEqual([['a']]);
    await clock.advance(5);
    expect(taken.slice(2)).toEqual([['a'], ['b']]);
  });

  test('is drained when nothing waits, and stopping takes nothing more but finishes what came before', async () => {
    const { b, clock, turn, sizes } = await groups();
    await b.ingest.drained();
    b.ingest.presence('a', true);
    await b.ingest.drained();
    expect(sizes()).toEqual([1]);
    b.ingest.presence('a', true);
    let stopped = 0;
    const stops = [b.ingest.stop(), b.ingest.stop(), b.ingest.drained()].map((stop) => stop.then(() => stopped++));
    b.ingest.presence('late', true);
    expect(b.ingest.offer('late', 'records', batchOf(1))).toBeUndefined();
    await turn();
    expect(stopped).toBe(0);
    await clock.advance(5);
    await Promise.all(stops);
    expect(sizes()).toEqual([1, 1]);
    await b.ingest.stop();
    expect(b.acks).toEqual([]);
  });

  test('when it stops, what is left waits for nobody', async () => {
    const { b, turn, sizes } = await groups();
    for (let n = 0; n < 70; n++) b.ingest.presence(`d${n}`, true);
    const stopped = b.ingest.stop();
    for (let n = 0; n < 3; n++) await turn();
    expect(sizes()).toEqual([64, 6]);
    await stopped;
  });
});

/** A manual clock that work can hold up, as a flush of the disk does. */
class HeldClock extends ManualClock {
  #held = 0;
  override mono(): number {
    return super.mono() + this.#held;
  }
  hold(ms: number): void {
    this.#held += ms;
  }
}

describe('giving way to connections', () => {
  async function held() {
    const clock = new HeldClock();
    let commits = 0;
    const b = await bench(
      undefined,
      (store) => ({
        ...store,
        transact: async (work) => {
          commits++;
          const result = await store.transact(work);
          clock.hold(20);
          return result;
        },
      }),
      { clock },
    );
    const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
    // The first group tells how long one takes.
    b.ingest.presence('a', true);
    await b.ingest.drained();
    await clock.advance(5);
    return { b, clock, turn, commits: () => commits };
  }

  test('a connection delays the next group by one turn; without one nothing waits', async () => {
    const { b, turn, clock, commits } = await held();
    b.ingest.presence('a', true);
    await turn();
    expect(commits()).toBe(2);
    await clock.advance(5);
    b.ingest.giveWay();
    b.ingest.presence('a', true);
    await turn();
    expect(commits()).toBe(2);
    await turn();
    expect(commits()).toBe(3);
  });

  test('connections that go on delay it for as long as the last group took, and no longer', async () => {
    const { b, clock, turn, commits } = await held();
    b.ingest.presence('a', true);
    for (const ms of [0, 10, 9]) {
      clock.hold(ms);
      b.ingest.giveWay();
      await turn();
      expect(commits()).toBe(1);
    }
    clock.hold(1);
    b.ingest.giveWay();
    await turn();
    expect(commits()).toBe(2);
    expect(
      (await b.metrics.ingestSeconds.get()).values.filter((v) => /_(sum|count)$/.test(v.metricName ?? '')),
    ).toEqual([
      expect.objectContaining({ metricName: 'vedette_ingest_seconds_sum', value: 0.04 }),
      expect.objectContaining({ metricName: 'vedette_ingest_seconds_count', value: 2 }),
    ]);
  });
});

describe('arrival', () => {
  test('each channel that is not taken in is counted by its name', async () => {
    const b = await bench();
    const taken = ['records', 'status', 'report'];
    const others = (Object.keys(channels) as (keyof typeof channels)[]).filter(isUp).filter((c) => !taken.includes(c));
    expect(others).toContain('sample');
    for (const channel of others) expect(b.ingest.offer('cam', channel, Buffer.from('x'))).toBeUndefined();
    await b.ingest.drained();
    for (const channel of others) expect(await b.counted('ignored', channel), channel).toBe(1);
    expect(await b.counted('ignored')).toBe(others.length);
    expect((await b.store.devices.get('cam'))?.lastSeenAt).toBeUndefined();
  });

  test('a device that sends too fast is asked to wait, then loses messages; its presence is never lost', async () => {
    const queue = new FairQueue<never>({ ...defaultQueueLimits, laneSoft: 2, laneItems: 3 });
    const b = await bench(undefined, undefined, { queue });
    const offer = (seq: number) => b.ingest.offer('cam', 'records', batchOf(seq));
    expect(offer(1)).toBeUndefined();
    const waits = [offer(2), offer(3)];
    expect(waits.every((wait) => wait instanceof Promise)).toBe(true);
    expect(offer(4)).toBeUndefined();
    b.ingest.presence('cam', true);
    await Promise.all(waits);
    await b.ingest.drained();
    expect(await b.counted('queueDropped')).toBe(1);
    expect(b.acks.map((a) => a.upTo)).toEqual([3, 3, 3]);
    expect((await b.store.devices.get('cam'))?.online).toBe(true);
    // What was dropped comes again.
    offer(4);
    await b.ingest.drained();
    expect(b.acks.at(-1)?.upTo).toBe(4);
    expect((await b.metrics.queueItems.get()).values[0]?.value).toBe(0);
  });

  test('a message bears the time of its arrival; a clock that is set back loses and reorders nothing', async () => {
    const clock = new ManualClock(Date.UTC(2026, 5, 1));
    const at: number[] = [];
    const b = await bench(undefined, undefined, {
      clock,
      send: (_device, _channel, payload) => at.push(JSON.parse(payload.toString()).at),
    });
    b.ingest.offer('cam', 'records', batchOf(1));
    clock.setWall(Date.UTC(2020, 0, 1));
    b.ingest.offer('cam', 'records', batchOf(2));
    await b.ingest.drained();
    expect(at).toEqual([Date.UTC(2026, 5, 1), Date.UTC(2020, 0, 1)]);
    const [second, first] = (await b.store.events.list(all)).items;
    expect([first?.receivedAt, second?.receivedAt]).toEqual(['2026-06-01T00:00:00.000Z', '2020-01-01T00:00:00.000Z']);
    expect(second?.backfill).toBeUndefined();
    expect((await b.store.devices.get('cam'))?.lastSeenAt).toBe('2020-01-01T00:00:00.000Z');
    expect((await b.store.sequences.list('cam'))[0]).toMatchObject({ upTo: 2, records: 2 });
  });
});
