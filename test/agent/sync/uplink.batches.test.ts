/** What the uplink sends, and when. */
import { describe, expect, test } from 'vitest';
import { topicOf } from '../../../shared/contract/channels.ts';
import { body } from '../buffer/fixture.ts';
import { agent, contentOf, limits } from './held-line.ts';
import { many } from './setup.ts';

describe('what is sent, and when', () => {
  test('a batch that is not full waits for others since its oldest record, each time anew; a full one goes at once', async () => {
    const t = agent();
    await t.begun(1);
    await t.clock.advance(200);
    await t.outbox.append(many(1, 3));
    await t.clock.advance(49);
    expect(t.link.published).toEqual([]);
    await t.clock.advance(1);
    expect(t.spans()).toEqual([[1, 3, 3]]);
    const [first] = t.link.published;
    expect(first?.message).toMatchObject({ topic: topicOf('box', 'records'), qos: 1, retain: false });
    expect(first && contentOf(first)).toMatchObject({ epoch: t.outbox.epoch, from: 1, to: 3, base: 1 });
    expect(first && contentOf(first).records.map(({ seq, mark }) => [seq, mark])).toEqual([
      [1, 0],
      [2, 1],
      [3, 2],
    ]);
    // Its record has just come: it does not inherit the wait of those before it.
    await t.clock.advance(1_000);
    await t.outbox.append(body(3));
    await t.clock.advance(249);
    expect(t.link.published).toHaveLength(1);
    await t.clock.advance(1);
    expect(t.spans()).toEqual([
      [1, 3, 3],
      [4, 4, 1],
    ]);
    await t.outbox.append(many(4, 4 + limits.maxRecords));
    await t.clock.advance(0);
    expect(t.spans().slice(2)).toEqual([[5, 20, 16]]);
    expect(t.uplink.state()).toMatchObject({ inFlight: 3, batches: 3, resent: 0, backfill: 0 });
  });

  test('nothing goes before there is a connection, and nothing after the end', async () => {
    const t = agent();
    await t.outbox.append(many(0, 20));
    t.uplink.start();
    t.uplink.start();
    expect(t.link.listeners).toBe(2);
    await t.clock.advance(60_000);
    expect(t.link.published).toEqual([]);
    t.link.connect();
    await t.clock.advance(0);
    expect(t.spans()).toEqual([[1, 16, 16]]);
    t.uplink.stop();
    expect(t.link.listeners).toBe(0);
    await t.ack(16);
    await t.outbox.append(many(20, 60));
    await t.clock.advance(60_000);
    expect(t.spans()).toEqual([[1, 16, 16]]);
  });

  test('at most so many batches are on their way; each acknowledgement lets more go', async () => {
    const t = agent();
    await t.begun(200);
    expect(t.spans()).toEqual([1, 17, 33, 49].map((from) => [from, from + 15, 16]));
    await t.confirmAll();
    expect(t.link.published).toHaveLength(4);
    await t.ack(16);
    await t.ack(40);
    expect(t.spans().slice(4)).toEqual([65, 81].map((from) => [from, from + 15, 16]));
    expect(t.uplink.state()).toMatchObject({ inFlight: 4, batches: 6, resent: 0 });
    expect(t.outbox.base()).toBe(41);
    // What is told with a batch is what the outbox holds now.
    expect(contentOf(t.link.published[5] ?? expect.fail())).toMatchObject({ base: 41 });
  });

  test('a smaller batch has a smaller share of the bytes too, but not less than what a batch is worth', async () => {
    const spans = async (maxBytes: number, padding: number) => {
      const t = agent({ maxBytes });
      await t.outbox.append(Array.from({ length: 40 }, (_, i) => body(i, 'event', padding)));
      await t.begun(0);
      await t.fail(0, 'no');
      await t.clock.advance(1_000);
      return t.spans().map(([from, to]) => [from, to]);
    };
    // 64,000 bytes hold 15 of some 4,200; a batch of half the records gets half of that.
    const large = await spans(64_000, 4_000);
    expect(large[0]).toEqual([1, 15]);
    expect(large.find(([from], i) => i > 0 && from === 1)).toEqual([1, 7]);
    // Half of 16 KiB would be four of some 1,900; it gets all eight.
    const small = await spans(16 * 1024, 1_700);
    expect(small.find(([from], i) => i > 0 && from === 1)).toEqual([1, 8]);
  });

  test('a record that is larger than a batch goes alone and does not hold up the others', async () => {
    const t = agent({ maxBytes: 20_000 });
    await t.outbox.append([body(0), body(1, 'event', 100_000), body(2), body(3)]);
    await t.begun(0);
    await t.clock.advance(1_000);
    expect(t.spans()).toEqual([
      [1, 1, 1],
      [2, 2, 1],
      [3, 4, 2],
    ]);
    await t.ack(4);
    expect(t.outbox.state()).toMatchObject({ waiting: 0, refused: 0 });
    expect(t.problems).toEqual([]);
  });

  test('numbers behind which there is nothing are looked at again after a second, and covered by the next batch', async () => {
    const t = agent();
    await t.outbox.append(many(0, 10));
    t.outbox.refuse({ from: 5, to: 10, reason: 'not wanted' });
    await t.begun(0);
    await t.clock.advance(250);
    expect(t.spans()).toEqual([[1, 4, 4]]);
    await t.confirmAll();
    await t.clock.advance(250);
    const since = t.clock.mono();
    await t.outbox.append(body(10));
    await t.clock.advance(999);
    expect(t.link.published).toHaveLength(1);
    await t.clock.advance(1);
    expect(t.clock.mono() - since).toBe(1_000);
    expect(t.spans().slice(1)).toEqual([[5, 11, 1]]);
  });
});
