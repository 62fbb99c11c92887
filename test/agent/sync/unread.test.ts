/** What the uplink does when the hub says that it cannot read a batch. */
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../shared/kit/digest.ts';
import type { Published } from './fake-link.ts';
import { agent, contentOf } from './held-line.ts';

const foreign = digestOf('what came instead');
const ownOf = ({ message }: Published) => digestOf(Buffer.from(message.payload));

type Agent = ReturnType<typeof agent>;

/** The hub answers: it cannot read what has this digest. */
async function unread(t: Agent, digest: string) {
  t.uplink.onUnread({ digest, reason: 'gzip: incorrect data check' });
  await t.clock.advance(0);
}

/** All that is sent is acknowledged, but for batches that hold one of these numbers: the hub cannot read those bytes. */
async function hubThatCannotRead(t: Agent, bad: ReadonlySet<number>, answer: (one: Published) => string) {
  const settled = new Set<number>();
  let batches = 0;
  for (let quiet = 0; quiet < 40; ) {
    const one = t.link.pending[0];
    if (!one) {
      quiet++;
      await t.clock.advance(1_000);
      continue;
    }
    quiet = 0;
    expect(++batches).toBeLessThan(400);
    const { from, to, records } = contentOf(one);
    one.confirm();
    await new Promise(setImmediate);
    if (records.some(({ seq }) => bad.has(seq))) {
      await unread(t, answer(one));
      continue;
    }
    for (let seq = from; seq <= to; seq++) settled.add(seq);
    let upTo = 0;
    while (settled.has(upTo + 1)) upTo++;
    await t.ack(upTo);
  }
}

describe('bytes that were not sent like that: damaged on the way', () => {
  test('the same records are sent again after a while, one batch at a time, until one arrives', async () => {
    const t = agent();
    await t.begun(64);
    await t.confirmAll();
    const first = t.spans();
    expect(first).toHaveLength(4);
    await unread(t, foreign);
    expect(t.spans()).toHaveLength(4);
    await t.clock.advance(1_000);
    expect(t.spans().slice(4)).toEqual([[1, 8, 8]]);
    await t.confirmAll();
    await t.ack(8);
    // All is as before: several at once.
    expect(t.link.pending.length).toBeGreaterThan(1);
    expect(t.outbox.state()).toMatchObject({ refused: 0, givenUp: 0 });
    expect(t.problems).toEqual([]);
    expect(t.lines.find(({ level }) => level === 'warn')).toMatchObject({
      reason: 'a batch arrived damaged: gzip: incorrect data check',
    });
  });

  test('seven times in a row of one record it is sent again, and is taken the eighth time', async () => {
    const t = agent({ maxRecords: 1 });
    await t.begun(1);
    for (let time = 0; time < 8; time++) {
      await t.confirmAll();
      if (time < 7) await unread(t, foreign);
      await t.clock.advance(8_000);
    }
    expect(t.spans()).toHaveLength(8);
    expect(t.outbox.state().refused).toBe(0);
    await t.ack(1);
    expect(t.outbox.state()).toMatchObject({ waiting: 0, refused: 0 });
  });

  test('a record that never arrives whole is set aside, only that one, and the rest goes on', async () => {
    const t = agent();
    await t.begun(64);
    await hubThatCannotRead(t, new Set([21]), () => foreign);
    expect(t.outbox.state()).toMatchObject({ waiting: 0, refused: 1, givenUp: 0 });
    expect(t.problems).toMatchObject([{ code: 'records-refused', count: 1 }]);
    expect(t.problems[0]?.message).toContain('arrived damaged 8 times in a row');
  });
});

describe('bytes that were sent like that: nobody can read them', () => {
  test('less and less is sent, at once, and what cannot be read alone is set aside', async () => {
    const t = agent();
    await t.begun(64);
    await hubThatCannotRead(t, new Set([1, 21, 22, 64]), ownOf);
    expect(t.outbox.state()).toMatchObject({ waiting: 0, refused: 4, givenUp: 0 });
    expect(t.logged('warn')).toEqual([]);
    expect(t.problems[0]?.message).toContain('gzip: incorrect data check');
  });

  test('the next batch is half of this one, however large one may be', async () => {
    const t = agent({ maxRecords: 1000 });
    await t.begun(4);
    await t.clock.advance(250);
    await t.confirmAll();
    await unread(t, ownOf(t.link.published[0] ?? expect.fail()));
    expect(t.spans().slice(0, 2)).toEqual([
      [1, 4, 4],
      [1, 2, 2],
    ]);
  });

  test('a hub that can read nothing is not asked twice for one record', async () => {
    const t = agent({ maxRecords: 1 });
    await t.begun(8);
    await hubThatCannotRead(t, new Set(Array.from({ length: 8 }, (_, i) => i + 1)), ownOf);
    expect(t.outbox.state()).toMatchObject({ waiting: 0, refused: 8 });
  });
});

test('an answer about what is not on its way any more changes nothing', async () => {
  const t = agent();
  await t.begun(16);
  const old = ownOf(t.link.published[0] ?? expect.fail());
  await t.confirmAll();
  await t.ack(16);
  await unread(t, old);
  await unread(t, foreign);
  await t.clock.advance(60_000);
  expect(t.spans()).toEqual([[1, 16, 16]]);
  expect(t.outbox.state()).toMatchObject({ waiting: 0, refused: 0 });
});
