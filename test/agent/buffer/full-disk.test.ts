import { truncateSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Outbox } from '../../../agent/buffer/outbox.ts';
import type { RecordKind } from '../../../shared/contract/messages/record.ts';
import { openSqlite } from '../../../shared/kit/sqlite.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { mayMount } from '../../support/small-disk.ts';
import { tempDisk } from '../../support/temp-disk.ts';
import { body, heldBy, open } from './fixture.ts';

const MIB = 1024 * 1024;
const skipped = !mayMount();
const title = `a really full disk${skipped ? ' (skipped: this user may not mount file systems)' : ''}`;

/** What a hub would know: what it was sent and has acknowledged, and which numbers never came. */
class TinyHub {
  readonly marks = new Set<number>();
  readonly codes: string[] = [];
  readonly reasons = new Set<string>();
  lost = 0;
  missing = 0;
  upTo = 0;

  /** Takes up to `limit` records and acknowledges them. */
  take(outbox: Outbox, limit: number): boolean {
    const leased = outbox.lease(limit, 1e9, this.upTo);
    const last = leased.at(-1);
    if (!last) return false;
    for (const { json } of leased) {
      const record = JSON.parse(json);
      if (record.kind === 'loss') {
        this.reasons.add(record.reason);
        if (record.from > 0) this.lost += record.lost;
      } else if (record.code === 'outbox-full') {
        this.codes.push(record.code);
      } else {
        expect(this.marks.has(record.mark)).toBe(false);
        this.marks.add(record.mark);
      }
    }
    this.missing += last.seq - this.upTo - leased.length;
    this.upTo = last.seq;
    expect(outbox.ack({ epoch: outbox.epoch, upTo: this.upTo })).toBe('settled');
    expect(outbox.base()).toBeGreaterThan(this.upTo);
    return true;
  }

  drain(outbox: Outbox): void {
    while (this.take(outbox, 200));
    expect(this.upTo).toBe(outbox.lastSeq);
    expect(this.missing).toBe(this.lost);
  }
}

describe.skipIf(skipped)(title, () => {
  test('a damaged file that nearly fills the disk: what there is no room for is counted, and each start goes on', async () => {
    const disk = tempDisk(6 * MIB);
    const folder = path.join(disk.folder, 'data');
    const first = open(folder);
    for (let i = 0; i < 25; i++)
      await first.append(Array.from({ length: 100 }, (_, n) => body(i * 100 + n, 'event', 800)));
    first.close();
    const database = openSqlite(path.join(folder, 'outbox.db'), { synchronous: 'FULL' });
    database.prepare('UPDATE meta SET state = ?').run('no state');
    database.close();
    disk.take(disk.freeBytes() - 1.5 * MIB);
    const accountOf = (held: ReturnType<typeof heldBy>) => ({
      saved: held.filter((r) => r.kind === 'event').length,
      lost: held.filter((r) => r.kind === 'loss').reduce((sum, r) => sum + Number(r.lost), 0),
    });
    const outbox = open(folder);
    const { saved, lost } = accountOf(heldBy(outbox));
    expect(saved).toBeGreaterThan(500);
    expect(saved + lost).toBe(2500);
    outbox.close();
    disk.take();
    // Now even that is too much: older events go, and are told of.
    const again = open(folder);
    const less = accountOf(heldBy(again));
    expect(less.saved).toBeGreaterThan(0);
    expect(less.saved + less.lost).toBe(2500);
    again.close();
  });

  test('newer records are kept by giving up older ones, acknowledgements work, and the hub is told exactly', async () => {
    const disk = tempDisk(6 * MIB);
    const clock = new ManualClock();
    const outbox = open(path.join(disk.folder, 'data'), { clock });
    let mark = 0;
    const append = (many: number, kind: RecordKind = 'event') =>
      outbox.append(Array.from({ length: many }, () => body(mark++, kind, 800)));
    for (let i = 0; i < 15; i++) expect(await append(100)).toBe('committed');
    disk.take();
    for (let i = 0; i < 60; i++) expect(await append(100)).toBe('committed');
    expect(outbox.state()).toMatchObject({ blocked: undefined, inMemory: 0 });
    expect(outbox.state().givenUp).toBeGreaterThan(0);
    expect(outbox.state().reserveBytes).toBeGreaterThan(0);
    expect(outbox.state().bytesOnDisk + outbox.state().reserveBytes).toBeLessThanOrEqual(outbox.state().boundBytes);

    const hub = new TinyHub();
    hub.drain(outbox);
    expect(hub.codes).toEqual(['outbox-full']);
    expect(hub.reasons).toEqual(new Set(['disk']));
    // The newest are there without a hole.
    const newest = [...hub.marks].slice(-1000);
    expect(newest).toEqual(Array.from({ length: 1000 }, (_, i) => mark - 1000 + i));

    disk.giveBack();
    disk.resize(64 * MIB);
    await clock.advance(61_000);
    const before = outbox.state();
    for (let i = 0; i < 100; i++) expect(await append(100)).toBe('committed');
    expect(outbox.state().boundBytes).toBeGreaterThan(60 * MIB);
    expect(outbox.state().givenUp).toBe(before.givenUp);
    hub.drain(outbox);
    expect(hub.codes).toEqual(['outbox-full']);
    outbox.close();
  });

  test('an outbox alone on a small disk keeps within it, with a small WAL and the reserve held', async () => {
    const disk = tempDisk(6 * MIB);
    const outbox = open(path.join(disk.folder, 'data'));
    for (let i = 0; i < 200; i++)
      expect(await outbox.append(Array.from({ length: 50 }, (_, n) => body(i * 100 + n, 'event', 800)))).toBe(
        'committed',
      );
    const { bytesOnDisk, reserveBytes, boundBytes, blocked } = outbox.state();
    expect(blocked).toBeUndefined();
    expect(reserveBytes).toBeGreaterThan(100_000);
    expect(bytesOnDisk + reserveBytes).toBeLessThanOrEqual(boundBytes);
    expect(bytesOnDisk).toBeGreaterThan(3 * MIB);
    expect(disk.freeBytes()).toBeGreaterThan(0);
    new TinyHub().drain(outbox);
    outbox.close();
  });

  test('a record that is larger than the room there is gets its room', async () => {
    const disk = tempDisk(8 * MIB);
    const outbox = open(path.join(disk.folder, 'data'));
    for (let i = 0; i < 20; i++)
      await outbox.append(Array.from({ length: 100 }, (_, n) => body(i * 100 + n, 'event', 800)));
    disk.take();
    expect(await outbox.append(body(7777, 'event', 700_000))).toBe('committed');
    expect(heldBy(outbox).at(-1)).toMatchObject({ mark: 7777 });
    new TinyHub().drain(outbox);
    outbox.close();
  });

  test('with nothing to give up, records and acknowledgements wait in memory; what was acknowledged is not sent again', async () => {
    const disk = tempDisk(2 * MIB);
    const clock = new ManualClock();
    const folder = path.join(disk.folder, 'data');
    const outbox = open(folder, { clock });
    for (let mark = 0; mark < 40; mark++) await outbox.append(body(mark, 'event', 500));
    const { epoch } = outbox;
    // Others take what the outbox releases, again and again.
    const fates: Promise<string>[] = [];
    let mark = 40;
    for (let round = 0; round < 40 && outbox.state().blocked === undefined; round++) {
      disk.take();
      for (let i = 0; i < 20; i++) fates.push(outbox.append(body(mark++, 'event', 500)));
    }
    for (let i = 0; i < 20; i++) {
      disk.take();
      fates.push(outbox.append(body(mark++, 'event', 5000)));
    }
    expect(outbox.state().blocked).toMatch(/full/);
    const given = outbox.lastSeq;
    // Somebody takes even the reserve.
    truncateSync(path.join(folder, 'outbox.reserve'));
    disk.take();
    const { waiting } = outbox.state();
    expect(outbox.ack({ epoch, upTo: given - 1, refused: [{ from: 2, to: 2, reason: 'bad' }] })).toBe('settled');
    expect(outbox.base()).toBe(given);
    expect(outbox.lease(1000, 1e9).map((r) => r.seq)).toEqual([given]);
    // It is only remembered: the file still holds them (the refused one may be out already).
    expect(outbox.state().waiting).toBeGreaterThanOrEqual(waiting - 1);
    disk.giveBack();
    await clock.advance(120_000);
    expect(outbox.state()).toMatchObject({ blocked: undefined, inMemory: 0, refused: 1 });
    expect(new Set(await Promise.all(fates))).toEqual(new Set(['committed']));
    const held = heldBy(outbox);
    expect(held[0]?.seq).toBe(given);
    expect(held.at(-1)?.mark).toBe(mark - 1);
    outbox.close();
    const again = open(folder, { clock });
    expect(again.base()).toBe(given);
    again.close();
  });

  test('an agent starts on a full disk, with what it had, and goes on', async () => {
    const disk = tempDisk(6 * MIB);
    const folder = path.join(disk.folder, 'data');
    const first = open(folder);
    for (let i = 0; i < 20; i++)
      await first.append(Array.from({ length: 100 }, (_, n) => body(i * 100 + n, 'event', 800)));
    const { epoch, lastSeq } = first;
    first.close();
    disk.take();
    expect(disk.freeBytes()).toBe(0);
    const second = open(folder);
    expect(second.epoch).toBe(epoch);
    disk.take();
    for (let i = 0; i < 30; i++) {
      expect(await second.append(Array.from({ length: 100 }, (_, n) => body(i * 100 + n, 'event', 800)))).toBe(
        'committed',
      );
    }
    expect(second.lastSeq).toBeGreaterThan(lastSeq);
    second.close();
  });

  test('whatever others do to the disk, every number is held, acknowledged or counted as lost', {
    timeout: 60_000,
  }, async () => {
    const step = fc.record({
      kind: fc.constantFrom<RecordKind>('health', 'reading', 'error', 'event'),
      padding: fc.integer({ min: 100, max: 20_000 }),
      many: fc.integer({ min: 1, max: 80 }),
      next: fc.constantFrom('nothing', 'take', 'take', 'take some', 'give back', 'drain', 'reopen', 'later'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 25 }), async (steps) => {
        const disk = tempDisk(5 * MIB);
        const folder = path.join(disk.folder, 'data');
        const clock = new ManualClock();
        let outbox = open(folder, { clock });
        const hub = new TinyHub();
        const fates: Promise<string>[] = [];
        let mark = 0;
        for (const s of steps) {
          const bodies = Array.from({ length: s.many }, () => body(mark++, s.kind, s.padding));
          fates.push(outbox.append(bodies));
          if (s.next === 'take') disk.take();
          if (s.next === 'take some') disk.take(300_000);
          if (s.next === 'give back') disk.giveBack();
          if (s.next === 'drain') hub.take(outbox, 300);
          if (s.next === 'later') await clock.advance(70_000);
          if (s.next === 'reopen') {
            outbox.close();
            outbox = open(folder, { clock });
          }
        }
        disk.giveBack();
        await clock.advance(120_000);
        expect(outbox.state()).toMatchObject({ blocked: undefined, inMemory: 0, recovered: undefined });
        expect(outbox.state().reserveBytes).toBeGreaterThan(0);
        // The last numbers may be lost ones: the next record shows it.
        expect(await outbox.append(body(mark++))).toBe('committed');
        hub.drain(outbox);
        await Promise.all(fates);
        outbox.close();
      }),
      { numRuns: 15, endOnFailure: true },
    );
  });
});
