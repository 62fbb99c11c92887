/** When records are committed, and what becomes of them while the disk takes nothing. */
import { describe, expect, onTestFinished, test } from 'vitest';
import type { OutboxOptions } from '../../../agent/buffer/options.ts';
import { channels } from '../../../shared/contract/channels.ts';
import type { RecordKind } from '../../../shared/contract/messages/record.ts';
import type { SqliteDatabase } from '../../../shared/kit/sqlite.ts';
import { keptLog } from '../../support/kept-log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder } from '../../support/temp.ts';
import { body, heldBy, open, unsynced } from './fixture.ts';

function writing(more: Partial<OutboxOptions> = {}) {
  const clock = new ManualClock();
  const receives = { line: (_msg: string): void => undefined };
  const { log, lines } = keptLog(({ msg }) => receives.line(msg));
  let database: SqliteDatabase | undefined;
  const opener = (file: string) => {
    database = unsynced(file);
    return database;
  };
  const outbox = open(tempFolder(), { clock, log, open: opener, ...more });
  onTestFinished(() => outbox.close());
  let commits = 0;
  outbox.onCommit(() => commits++);
  return {
    clock,
    outbox,
    lines,
    receives,
    /** SQLite may not write any more: neither damage nor a full disk. */
    forbid: () => database?.pragma('query_only = ON'),
    allow: () => database?.pragma('query_only = OFF'),
    commits: () => commits,
    logged: () => lines.map(({ level, msg }) => `${level}: ${msg}`),
  };
}
const many = (records: number, kind: RecordKind = 'event') => Array.from({ length: records }, (_, i) => body(i, kind));

describe('a commit', () => {
  test('is at once after a pause, then waits for its group, or until that is large', async () => {
    const t = writing({ groupMs: 20 });
    expect(await t.outbox.append(body(0))).toBe('committed');
    void t.outbox.append(many(255));
    await t.clock.advance(19);
    expect(t.commits()).toBe(1);
    void t.outbox.append(body(1));
    expect(t.commits()).toBe(2);
    expect(t.outbox.lastSeq).toBe(257);
    // The timer of the group that went earlier does nothing any more.
    void t.outbox.append(body(2));
    await t.clock.advance(1);
    expect(t.commits()).toBe(2);
    await t.clock.advance(19);
    expect(t.commits()).toBe(3);
    await t.clock.advance(20);
    void t.outbox.append(body(3));
    expect(t.commits()).toBe(4);
    expect(t.outbox.state()).toMatchObject({ inMemory: 0, waiting: 259 });
  });

  test('takes any number of records of one call, in order', async () => {
    const t = writing();
    expect(await t.outbox.append(many(9_000))).toBe('committed');
    expect(heldBy(t.outbox).map(({ mark }) => mark)).toEqual(Array.from({ length: 9_000 }, (_, i) => i));
    expect(t.commits()).toBe(1);
    expect(await t.outbox.append([])).toBe('committed');
  });

  test('takes a record as large as a message can carry, and none of one byte more', async () => {
    const t = writing();
    const largest = channels.records.maxBytes - 1024;
    const sized = (bytes: number) =>
      body(7, 'event', bytes - Buffer.byteLength(JSON.stringify(body(7, 'event', 1))) + 1);
    expect(await t.outbox.append(sized(largest))).toBe('committed');
    expect(t.outbox.state()).toMatchObject({ waiting: 1, bytes: largest });
    expect(t.lines).toEqual([]);
    expect(await t.outbox.append(sized(largest + 1))).toBe('given-up');
    expect(t.lines).toMatchObject([
      { level: 'error', kind: 'event', bytes: largest + 1, msg: `a record larger than ${largest} bytes was dropped` },
    ]);
    expect(heldBy(t.outbox).slice(1)).toMatchObject([{ kind: 'loss', from: 0, to: 0, lost: 1, reason: 'unfit' }]);
    expect(t.outbox.state().givenUp).toBe(1);
  });

  test('of nothing but what cannot be kept tells of that, one loss a call', async () => {
    const t = writing();
    expect(await t.outbox.append({ ...body(0), big: 1n })).toBe('given-up');
    expect(
      await t.outbox.append([
        { ...body(0), big: 1n },
        { ...body(0), big: 1n },
      ]),
    ).toBe('given-up');
    expect(heldBy(t.outbox).map(({ lost, reason }) => [lost, reason])).toEqual([
      [1, 'unfit'],
      [2, 'unfit'],
    ]);
    expect(t.logged()).toEqual(Array.from({ length: 3 }, () => 'error: a record that is not JSON was dropped'));
    expect(t.outbox.state().givenUp).toBe(3);
  });
});

describe('a disk that takes nothing', () => {
  test('is tried again after ever longer waits, told of once, and each time anew', async () => {
    const t = writing();
    const episode = async (lastsMs: number, longest: number) => {
      t.forbid();
      const fates = [t.outbox.append(body(1)), t.outbox.append(body(2))];
      expect(t.outbox.state()).toMatchObject({ inMemory: 2, blocked: expect.stringContaining('readonly') });
      await t.clock.advance(lastsMs);
      t.allow();
      // What comes now waits for its turn, as the others do.
      fates.push(t.outbox.append(body(3)));
      expect(t.outbox.state().inMemory).toBe(3);
      await t.clock.advance(longest);
      expect(t.outbox.state()).toMatchObject({ inMemory: 0, blocked: undefined, givenUp: 0 });
      expect(await Promise.all(fates)).toEqual(['committed', 'committed', 'committed']);
    };
    await episode(0, 250);
    expect(t.logged()).toEqual([
      'error: the disk takes no records: they wait in memory',
      'warn: the disk takes records again',
    ]);
    await episode(600_000, 10_000);
    await episode(0, 250);
    expect(t.logged()).toHaveLength(6);
    expect(heldBy(t.outbox).map(({ mark }) => mark)).toEqual([1, 2, 3, 1, 2, 3, 1, 2, 3]);
  });

  test('is not tried in a rush: half of a wait always passes', async () => {
    const t = writing();
    t.forbid();
    const fate = t.outbox.append(body(1));
    t.allow();
    await t.clock.advance(124);
    expect(t.outbox.state().inMemory).toBe(1);
    await t.clock.advance(126);
    expect(await fate).toBe('committed');
  });

  test('fills memory, of which the least valuable goes; the loss is told when it takes something again', async () => {
    const t = writing({ memory: { records: 16, bytes: 1e9 } });
    t.forbid();
    const events = t.outbox.append(many(10));
    const readings = t.outbox.append(many(6, 'reading'));
    expect(t.outbox.state().inMemory).toBe(16);
    // One too many: down to seven eighths.
    const late = t.outbox.append(body(99));
    expect(t.outbox.state().inMemory).toBe(14);
    const unfit = t.outbox.append({ ...body(0), big: 1n });
    t.allow();
    await t.clock.advance(250);
    expect(await Promise.all([events, readings, late, unfit])).toEqual([
      'committed',
      'given-up',
      'committed',
      'given-up',
    ]);
    const reported = heldBy(t.outbox).slice(14);
    expect(reported).toMatchObject([
      { kind: 'loss', epoch: t.outbox.epoch, from: 0, to: 0, lost: 3, reason: 'disk' },
      {
        kind: 'error',
        code: 'outbox-full',
        message: expect.stringMatching(/readonly.*: 3 were given up; make room there/),
      },
      { kind: 'loss', from: 0, to: 0, lost: 1, reason: 'unfit' },
    ]);
    expect(reported).toHaveLength(3);
    expect(t.outbox.state()).toMatchObject({ givenUp: 4, inMemory: 0 });
    // It was told, and is not told again.
    await t.outbox.append(body(1));
    expect(heldBy(t.outbox)).toHaveLength(18);
  });

  test('keeps an acknowledgement in mind: what was acknowledged is not sent again, and goes when it takes something', async () => {
    const t = writing();
    await t.outbox.append(many(10));
    t.forbid();
    const { epoch } = t.outbox;
    expect(t.outbox.ack({ epoch, upTo: 4 })).toBe('settled');
    expect(t.logged()).toEqual([
      'warn: an acknowledgement could not be written down yet',
      'error: the disk takes no records: they wait in memory',
    ]);
    expect(t.outbox.base()).toBe(5);
    expect(t.outbox.lease(99, 1e9).map(({ seq }) => seq)).toEqual([5, 6, 7, 8, 9, 10]);
    expect(t.outbox.state().waiting).toBe(10);
    // One of ranges alone settles nothing from the front: it has to come again.
    expect(t.outbox.ack({ epoch, upTo: 4, ranges: [{ from: 7, to: 8 }] })).toBe('settled');
    expect(t.outbox.ack({ epoch, upTo: 11 })).toBe('failed');
    expect(t.outbox.epoch).toBe(epoch);
    expect(t.outbox.refuse({ from: 9, to: 9, reason: 'x' })).toBe(0);
    t.allow();
    await t.clock.advance(1_000);
    expect(heldBy(t.outbox).map(({ seq }) => seq)).toEqual([5, 6, 9, 10]);
    expect(t.outbox.state()).toMatchObject({ waiting: 4, blocked: undefined });
    expect(t.outbox.ack({ epoch, upTo: 11 })).toBe('forked');
  });

  test('that takes an acknowledgement only at the second try has taken it', async () => {
    const t = writing();
    await t.outbox.append(many(10));
    t.forbid();
    t.receives.line = (msg) => {
      if (msg.startsWith('an acknowledgement could not be written down')) t.allow();
    };
    expect(t.outbox.ack({ epoch: t.outbox.epoch, upTo: 4 })).toBe('settled');
    expect(t.outbox.state()).toMatchObject({ waiting: 6, blocked: undefined });
    expect(t.outbox.base()).toBe(5);
    expect(t.logged()).toEqual(['warn: an acknowledgement could not be written down yet']);
  });

  test('lets records be sent all the same, and says that it could not note what is in doubt', async () => {
    const t = writing({ quotaBytes: 4 * 1024 * 1024 });
    for (let i = 0; i < 27; i++) await t.outbox.append(body(i, 'event', 100_000));
    t.forbid();
    const wanted = { epoch: t.outbox.epoch, after: 20, upTo: 22, limit: 9, maxBytes: 1 };
    expect(t.outbox.take(wanted)?.leased.map(({ seq }) => seq)).toEqual([21]);
    expect(t.logged()).toEqual(['warn: what is on its way to the hub could not be written down']);
    t.allow();
    expect(t.outbox.take({ ...wanted, after: 21 })?.leased.map(({ seq }) => seq)).toEqual([22]);
    expect(t.logged()).toHaveLength(1);
  });

  test('keeps only so many refusals in mind', async () => {
    const t = writing();
    await t.outbox.append(many(5_000));
    const { epoch } = t.outbox;
    t.forbid();
    const refused = Array.from({ length: 4_096 }, (_, i) => ({ from: i + 1, to: i + 1, reason: 'bad' }));
    expect(t.outbox.ack({ epoch, upTo: 4_096, refused })).toBe('settled');
    expect(t.outbox.ack({ epoch, upTo: 4_097, refused: [{ from: 4_097, to: 4_097, reason: 'bad' }] })).toBe('failed');
    expect(t.outbox.base()).toBe(4_097);
    t.allow();
    await t.clock.advance(1_000);
    expect(t.outbox.state()).toMatchObject({ refused: 4_096, waiting: 904 });
    expect(t.outbox.ack({ epoch, upTo: 4_097, refused: [{ from: 4_097, to: 4_097, reason: 'bad' }] })).toBe('settled');
    expect(t.outbox.state()).toMatchObject({ refused: 4_097, waiting: 903 });
  });

  test('at the end loses what waits, says so, and is left alone', async () => {
    const t = writing();
    t.forbid();
    const fate = t.outbox.append(many(3));
    t.outbox.close();
    t.outbox.close();
    expect(await fate).toBe('given-up');
    expect(t.logged().slice(1)).toEqual([
      expect.stringMatching(/^error: records were lost: the disk took nothing \(.*readonly/),
    ]);
    expect(t.lines[1]).toMatchObject({ records: 3 });
    const lines = t.lines.length;
    await t.clock.advance(600_000);
    expect(await t.outbox.append(body(1))).toBe('given-up');
    expect(t.outbox.lease(1, 1)).toEqual([]);
    expect(t.lines).toHaveLength(lines);
  });
});
