import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openSqlite } from '../../../shared/kit/sqlite.ts';
import { mayCutPower, powerDisk } from '../../support/power-disk.ts';
import { body, heldBy, open, spoilState } from './fixture.ts';

const MIB = 1024 * 1024;
const skipped = !mayCutPower();
const title = `the power is cut${skipped ? ' (skipped: this user may not mount file systems)' : ''}`;
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe.skipIf(skipped)(title, () => {
  test('at any commit: what was said to be committed is there, what was acknowledged does not come back, numbers go on', async () => {
    const disk = powerDisk(16 * MIB);
    const folder = path.join(disk.folder, 'data');
    const outbox = open(folder);
    const { epoch } = outbox;
    let acked = 0;
    for (let given = 0; given < 60; ) {
      expect(await outbox.append(numbers(given, given + 5).map((mark) => body(mark)))).toBe('committed');
      given += 5;
      if (given === 30) {
        acked = 12;
        expect(outbox.ack({ epoch, upTo: acked, ranges: [{ from: 20, to: 22 }] })).toBe('settled');
      }
      if (given % 15 !== 0) continue;
      const after = open(path.join(disk.cut(), 'data'));
      const expected = numbers(0, given).filter((mark) => mark >= acked && (acked === 0 || mark < 19 || mark > 21));
      expect(after.state()).toMatchObject({ epoch, lastSeq: given, waiting: expected.length, recovered: undefined });
      expect(heldBy(after).map((r) => [r.seq, r.mark])).toEqual(expected.map((mark) => [mark + 1, mark]));
      await after.append(body(1000));
      expect(heldBy(after).at(-1)).toMatchObject({ seq: given + 1, mark: 1000 });
      after.close();
    }
    outbox.close();
  });

  test('a file whose commits are not synced would lose them: this disk notices', async () => {
    const disk = powerDisk(16 * MIB);
    const folder = path.join(disk.folder, 'data');
    const outbox = open(folder, { open: (file) => openSqlite(file, { synchronous: 'NORMAL' }) });
    expect(await outbox.append(numbers(0, 20).map((mark) => body(mark)))).toBe('committed');
    const after = open(path.join(disk.cut(), 'data'));
    expect(after.state().waiting).toBe(0);
    after.close();
    outbox.close();
  });

  test('after damage was met: what was saved is there, once, and so is what came after it', async () => {
    const disk = powerDisk(24 * MIB);
    const folder = path.join(disk.folder, 'data');
    const first = open(folder);
    await first.append(numbers(0, 300).map((mark) => body(mark, 'event', 300)));
    const { epoch } = first;
    first.close();
    spoilState(folder);
    const outbox = open(folder);
    const marksAfterCut = () => {
      const after = open(path.join(disk.cut(), 'data'));
      const events = heldBy(after).filter((r) => r.kind === 'event');
      after.close();
      for (const { mark, origin } of events.filter((r) => r.mark < 300)) {
        expect(origin).toContainEqual({ epoch, seq: mark + 1 });
      }
      return events.map((r) => r.mark);
    };
    expect(marksAfterCut()).toEqual(numbers(0, 300));
    expect(await outbox.append(body(300))).toBe('committed');
    expect(marksAfterCut()).toEqual(numbers(0, 301));
    outbox.close();
  });
});
