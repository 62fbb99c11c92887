/** What the uplink does when things go wrong. */
import { describe, expect, test } from 'vitest';
import { agent, limits, spanOf } from './held-line.ts';
import { many } from './setup.ts';

describe('what does not go well', () => {
  test('a batch that could not be handed over is sent again after a while, smaller; one line tells of each outage', async () => {
    const t = agent();
    await t.begun(100);
    const outage = async () => {
      const spans: unknown[] = [];
      const began = t.link.published.length;
      for (let round = 0; round < 3; round++) {
        const before = t.link.published.length;
        t.link.pending[0]?.fail('packet too large');
        await t.clock.advance(0);
        for (const one of t.link.pending) one.fail('packet too large');
        // Half of the bound is always waited for, and the bound doubles: 1, 2, 4 s.
        const bound = 1_000 * 2 ** round;
        await t.clock.advance(bound / 2 - 1);
        expect(t.link.published).toHaveLength(before);
        await t.clock.advance(bound / 2 + 1);
        expect(t.link.published.length).toBeGreaterThan(before);
        spans.push(spanOf(t.link.published[before] ?? expect.fail()));
      }
      expect(began).toBeGreaterThan(0);
      return spans;
    };
    expect(await outage()).toEqual([
      [1, 8, 8],
      [1, 4, 4],
      [1, 2, 2],
    ]);
    expect(t.logged('warn')).toEqual(['the hub does not take records; they are sent again']);
    expect(t.lines.find((line) => line.level === 'warn')).toMatchObject({ reason: 'packet too large' });
    expect(t.logged('info')).toEqual([]);
    await t.confirmAll();
    await t.ack(2);
    expect(t.logged('info')).toEqual(['the hub acknowledges again']);
    await t.confirmAll();
    await t.ack(4);
    expect(t.logged('info')).toHaveLength(1);
    // A second outage: the wait begins anew, and it is told of anew.
    const again = await outage();
    expect(again[0]).toMatchObject([5, expect.any(Number), expect.any(Number)]);
    expect(t.logged('warn')).toHaveLength(2);
    await t.confirmAll();
    await t.ack(5);
    expect(t.logged('info')).toHaveLength(2);
    expect(t.uplink.state().resent).toBeGreaterThanOrEqual(6);
  });

  test('nothing is in flight after a publish that failed, in either lane, and as many are sent as before, outage after outage', async () => {
    const t = agent({ maxRecords: 1, backlog: 6 });
    await t.begun(2);
    await t.confirmAll();
    await t.ack(1, { ranges: [{ from: 2, to: 2 }] });
    await t.ack(2, { ranges: [] });
    await t.outbox.append(many(2, 42));
    await t.clock.advance(0);
    expect(t.uplink.state().backfill).toBeGreaterThan(0);
    await t.outbox.append(many(42, 43));
    await t.clock.advance(250);
    // More failures than flights: what they do not give back adds up until nothing is sent.
    for (let outage = 0; outage < 3 * limits.maxFlights; outage++) {
      expect(t.uplink.state().inFlight).toBe(t.link.pending.length);
      expect(t.link.pending.map((one) => spanOf(one)[0])).toEqual(outage === 0 ? expect.any(Array) : [43, 3, 4, 5]);
      for (const one of t.link.pending) one.fail('no room at the broker');
      await new Promise(setImmediate);
      expect(t.uplink.state().inFlight).toBe(0);
      await t.clock.advance(limits.retryMs.max);
    }
    expect(t.uplink.state()).toMatchObject({ inFlight: limits.maxFlights, backfill: 40 });
  });

  test('a hub that stays silent after the broker had a batch gets it again, counted from the first flight', async () => {
    const t = agent();
    await t.begun(32);
    await t.clock.advance(20_000);
    // Not confirmed: the line is slow, the hub cannot have it yet.
    expect(t.spans()).toEqual([
      [1, 16, 16],
      [17, 32, 16],
    ]);
    await t.confirm(0);
    await t.clock.advance(9_999);
    expect(t.uplink.state()).toMatchObject({ inFlight: 2, resent: 0 });
    await t.clock.advance(1);
    expect(t.uplink.state().inFlight).toBe(0);
    expect(t.lines.find((line) => line.level === 'warn')).toMatchObject({ reason: 'it does not acknowledge them' });
    await t.clock.advance(1_000);
    expect(t.spans().slice(2)).toEqual([
      [1, 8, 8],
      [9, 16, 8],
      [17, 24, 8],
    ]);
    expect(t.link.pending).toHaveLength(4);
    // The batch of the flight that was given up is still being written: nothing more before it ends.
    await t.clock.advance(5_000);
    expect(t.link.published).toHaveLength(5);
    await t.confirm(1);
    expect(t.spans().slice(5)).toEqual([[25, 32, 8]]);
  });

  test('a late word about a flight that was given up says nothing of the one that has its place', async () => {
    const t = agent({ maxRecords: 1 });
    await t.begun(2);
    await t.confirm(0);
    await t.clock.advance(10_000);
    await t.clock.advance(1_000);
    expect(t.spans()).toEqual([1, 2, 1, 2].map((seq) => [seq, seq, 1]));
    await t.ack(1);
    // The old batch of record 2 is confirmed only now; its second copy is not.
    await t.confirm(1);
    await t.clock.advance(60_000);
    expect(t.link.published).toHaveLength(4);
    expect(t.uplink.state()).toMatchObject({ inFlight: 1 });
    await t.confirm(3);
    await t.clock.advance(12_000);
    expect(t.link.published).toHaveLength(5);
  });

  test('a late failure of a flight that was given up does not give up the new ones', async () => {
    const t = agent({ maxRecords: 1 });
    await t.begun(2);
    await t.confirm(0);
    await t.clock.advance(11_000);
    expect(t.link.published).toHaveLength(4);
    await t.fail(1, 'too late');
    expect(t.uplink.state()).toMatchObject({ inFlight: 2 });
    // After three acknowledgements without news the flights are given up as well.
    const u = agent({ maxRecords: 1 });
    await u.begun(3);
    await u.confirm(0);
    for (let time = 0; time < 3; time++) await u.ack(0);
    expect(u.spans()).toEqual([1, 2, 3, 1, 2].map((seq) => [seq, seq, 1]));
    await u.fail(1, 'too late');
    expect(u.logged('warn')).toEqual([]);
    expect(u.spans()).toEqual([1, 2, 3, 1, 2, 3].map((seq) => [seq, seq, 1]));
  });

  test('a cut line costs half of the batch where something was on its way, and nothing where nothing was', async () => {
    const t = agent();
    await t.begun(0);
    t.link.cut();
    await t.clock.advance(5_000);
    t.link.connect();
    await t.outbox.append(many(0, 16));
    await t.clock.advance(0);
    expect(t.spans()).toEqual([[1, 16, 16]]);
    t.link.cut();
    await t.clock.advance(60_000);
    expect(t.link.published).toHaveLength(1);
    expect(t.uplink.state().inFlight).toBe(0);
    expect(t.logged('warn')).toEqual([]);
    t.link.connect();
    await t.clock.advance(0);
    expect(t.spans().slice(1)).toEqual([
      [1, 8, 8],
      [9, 16, 8],
    ]);
    expect(t.uplink.state()).toMatchObject({ resent: 2, batches: 3 });
  });

  test('a new connection does not wait for what the old one owed', async () => {
    const t = agent({ retryMs: { first: 60_000, max: 60_000 } });
    await t.begun(16);
    await t.fail(0, 'refused');
    await t.clock.advance(1_000);
    expect(t.link.published).toHaveLength(1);
    t.link.cut();
    t.link.connect();
    await t.clock.advance(0);
    expect(t.spans().slice(1)).toEqual([
      [1, 8, 8],
      [9, 16, 8],
    ]);
  });

  test('our wall clock that is set back or ahead changes nothing', async () => {
    const t = agent();
    await t.begun(8);
    t.clock.setWall(0);
    await t.clock.advance(250);
    expect(t.spans()).toEqual([[1, 8, 8]]);
    await t.confirmAll();
    t.clock.setWall(Date.UTC(2100, 0, 1));
    await t.clock.advance(9_999);
    expect(t.uplink.state().inFlight).toBe(1);
    t.clock.setWall(5);
    await t.clock.advance(2_000);
    expect(t.spans().slice(1)).toEqual([[1, 8, 8]]);
  });
});
