/** What the uplink makes of what the hub says. */
import { describe, expect, test } from 'vitest';
import { body } from '../buffer/fixture.ts';
import { agent, contentOf } from './held-line.ts';
import { many } from './setup.ts';

describe('what the hub says', () => {
  test('acknowledgements of another epoch are counted, those ahead begin a new epoch, which has its own account', async () => {
    const t = agent();
    await t.begun(16);
    const { epoch } = t.outbox;
    await t.confirmAll();
    await t.ack(10, { epoch: 'another' });
    await t.ack(10, { epoch: 'another' });
    expect(t.uplink.state()).toMatchObject({ staleAcks: 2, inFlight: 1 });
    expect(t.outbox.base()).toBe(1);
    expect(t.problems).toEqual([]);
    await t.ack(17);
    expect(t.outbox.epoch).not.toBe(epoch);
    expect(t.problems).toEqual([
      { code: 'outbox-copied', message: expect.stringContaining('nothing is lost'), count: 1 },
    ]);
    expect(t.link.published.map((one) => contentOf(one).epoch)).toEqual([epoch, t.outbox.epoch]);
    expect(t.spans()).toEqual([
      [1, 16, 16],
      [1, 16, 16],
    ]);
    // It was never sent under this name.
    expect(t.uplink.state()).toMatchObject({ inFlight: 1, batches: 2, resent: 0, staleAcks: 2 });
    await t.ack(16, { epoch, at: 5 });
    expect(t.uplink.state()).toMatchObject({ staleAcks: 3, inFlight: 1, hubClock: undefined });
    await t.ack(16, { at: 1e12 });
    expect(t.uplink.state()).toMatchObject({ inFlight: 0, hubClock: { withinMs: 0 } });
  });

  test("the hub's clock is measured by batches that were sent once, at the end of a run", async () => {
    const t = agent({ maxRecords: 4 });
    await t.begun(16);
    const HUB = Date.UTC(2030, 0, 1);
    await t.clock.advance(100);
    await t.ack(4);
    expect(t.uplink.state().hubClock).toBeUndefined();
    // 7 is no end of a batch: the answer to one that ended there is another matter.
    await t.ack(7, { at: HUB });
    expect(t.uplink.state().hubClock).toBeUndefined();
    await t.ack(8, { at: HUB });
    const measuredOnce = { aheadOfMono: HUB - 50, withinMs: 50, at: 100 };
    expect(t.uplink.state().hubClock).toEqual(measuredOnce);
    await t.clock.advance(100);
    // The same again is about a batch that is answered already.
    await t.ack(8, { at: HUB + 7_000 });
    expect(t.uplink.state().hubClock).toEqual(measuredOnce);
    // A run above `upTo` ends with a batch too; a longer way there says less, and is not taken.
    await t.ack(8, { at: HUB + 9_000, ranges: [{ from: 13, to: 16 }] });
    expect(t.uplink.state().hubClock).toEqual(measuredOnce);

    const u = agent({ maxRecords: 4 });
    await u.begun(16);
    await u.clock.advance(60);
    await u.ack(0, { at: HUB, ranges: [{ from: 13, to: 16 }] });
    expect(u.uplink.state().hubClock).toEqual({ aheadOfMono: HUB - 30, withinMs: 30, at: 60 });
    // A run that is answered by a hub without a clock is answered: the same again is about nothing new.
    const w = agent({ maxRecords: 4 });
    await w.begun(16);
    await w.ack(0, { ranges: [{ from: 13, to: 16 }] });
    await w.ack(0, { at: HUB, ranges: [{ from: 13, to: 16 }] });
    expect(w.uplink.state().hubClock).toBeUndefined();
    // What was sent twice could have been answered by either.
    const v = agent({ maxRecords: 4 });
    await v.begun(4);
    v.link.cut();
    v.link.connect();
    await v.clock.advance(0);
    expect(v.uplink.state()).toMatchObject({ resent: 2 });
    await v.ack(4, { at: HUB });
    await v.ack(2, { at: HUB });
    expect(v.uplink.state()).toMatchObject({ inFlight: 0, hubClock: undefined });
  });

  test('a batch of the epoch before measures no clock in the new one', async () => {
    const t = agent();
    await t.begun(3);
    await t.clock.advance(250);
    expect(t.spans()).toEqual([[1, 3, 3]]);
    await t.outbox.append(many(3, 5));
    await t.ack(0, { ranges: [{ from: 9, to: 9 }] });
    await t.clock.advance(250);
    expect(t.spans().slice(1)).toEqual([[1, 5, 5]]);
    await t.ack(3, { at: 1e12 });
    expect(t.uplink.state()).toMatchObject({ hubClock: undefined, inFlight: 1 });
    await t.ack(5, { at: 1e12 });
    expect(t.uplink.state()).toMatchObject({ hubClock: { withinMs: 0 }, inFlight: 0 });
  });

  test('refusals are told of at once, then summed up once a minute', async () => {
    const t = agent({ maxRecords: 100 });
    await t.begun(60);
    await t.clock.advance(250);
    await t.ack(10, { refused: [{ from: 2, to: 4, reason: 'unknown kind' }] });
    expect(t.problems).toEqual([
      {
        code: 'records-refused',
        count: 3,
        message: 'records refused and kept aside: 3; the last: unknown kind (numbers 2 to 4)',
      },
    ]);
    await t.ack(20, {
      refused: [
        { from: 12, to: 12, reason: 'x' },
        { from: 14, to: 13, reason: 'y'.repeat(2_000) },
      ],
    });
    await t.clock.advance(59_000);
    expect(t.problems).toHaveLength(1);
    await t.clock.advance(2_000);
    expect(t.problems).toHaveLength(2);
    expect(t.problems[1]).toMatchObject({ code: 'records-refused', count: 2 });
    expect(t.problems[1]?.message).toBe(`records refused and kept aside: 2; the last: ${'y'.repeat(1024)}`);
    expect(t.logged('error')).toEqual(t.problems.map(({ message }) => message));
    expect(t.outbox.state().refused).toBe(4);
    await t.clock.advance(120_000);
    expect(t.problems).toHaveLength(2);
  });

  test('a record that can never be sent is named by its number, and its batch covers it', async () => {
    const t = agent({ maxRecordBytes: 10_000 });
    await t.outbox.append([body(0), body(1, 'event', 20_000), body(2)]);
    await t.begun(0);
    await t.clock.advance(250);
    // It comes alone, as every record that is larger than a share of a batch; then it is left out.
    const numbers = t.link.published.flatMap((one) => contentOf(one).records.map((record) => record.seq));
    expect(numbers).toEqual([1, 3]);
    expect(t.problems).toMatchObject([{ code: 'records-refused', count: 1 }]);
    expect(t.problems[0]?.message).toMatch(/bytes are more than the 10000 that a batch can hold \(numbers 2 to 2\)$/);
    expect(t.outbox.state()).toMatchObject({ refused: 1, waiting: 2 });
    await t.ack(3);
    expect(t.outbox.state()).toMatchObject({ waiting: 0 });
  });

  test('behind a backlog what happens now goes first; a batch that goes again in either lane is counted', async () => {
    const t = agent({ backfillPerSecond: 100 });
    await t.begun(200);
    await t.confirmAll();
    await t.ack(16, { ranges: [] });
    // From now on there are two lanes: 17 to 64 are on their way, the rest up to 200 is the backlog.
    expect(t.uplink.state()).toMatchObject({ backfill: 184 });
    await t.clock.advance(5_000);
    await t.outbox.append(many(200, 203));
    // What comes now waits for its own batch to fill, however long the backlog waited.
    await t.clock.advance(249);
    expect(t.spans().some(([, to = 0]) => to > 200)).toBe(false);
    await t.clock.advance(1);
    expect(t.spans().at(-1)).toEqual([201, 203, 3]);
    const { resent } = t.uplink.state();
    expect(resent).toBe(0);
    t.link.cut();
    t.link.connect();
    await t.clock.advance(250);
    const again = t.spans().slice(-t.uplink.state().resent);
    expect(again).toContainEqual([17, 24, 8]);
    expect(again).toContainEqual([201, 203, 3]);
  });
});
