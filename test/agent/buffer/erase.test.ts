import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Judge } from '../../../agent/buffer/erase.ts';
import { eraseStopped } from '../../../agent/buffer/erase-stopped.ts';
import type { Outbox } from '../../../agent/buffer/outbox.ts';
import type { RecordBody } from '../../../shared/contract/messages/record.ts';
import { noSealer } from '../../../shared/kit/seal.ts';
import { openSqlite } from '../../../shared/kit/sqlite.ts';
import { filesWith } from '../../support/files-with.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder } from '../../support/temp.ts';
import { afterKill, body, heldBy, open, send, stamp } from './fixture.ts';

/** Text that a crash of the search would find too: no record has it twice. */
const plantedIn = (mark: number) => `PLANTED-${String(mark).padStart(8, '0')}-`;
const planted = (mark: number, stream: string, padding: number): RecordBody => ({
  ...body(mark),
  ...{ stream, secret: plantedIn(mark).repeat(1 + padding) },
});
const ofStream =
  (stream: string): Judge =>
  (json) =>
    json.includes(`"stream":"${stream}"`) ? 'erase' : 'keep';

/** The marks whose text is somewhere in the files of a folder. */
function marksIn(folder: string): Set<number> {
  const texts = readdirSync(folder).map((name) => readFileSync(path.join(folder, name), 'latin1'));
  return new Set(texts.flatMap((text) => [...text.matchAll(/PLANTED-(\d{8})/g)].map((found) => Number(found[1]))));
}

/** Every number that is gone, as the loss records of an outbox say. */
function losses(outbox: Outbox) {
  return heldBy(outbox).filter(({ kind }) => kind === 'loss');
}
const lostOf = (outbox: Outbox) => losses(outbox).reduce((sum, loss) => sum + Number(loss.lost), 0);
const eraseNow = async (outbox: Outbox, judge: Judge, clock: { advance(ms: number): Promise<void> }) => {
  const erased = outbox.erase(judge);
  await clock.advance(1000);
  return erased;
};

const record = fc.record({
  stream: fc.constantFrom('door', 'yard', 'hall'),
  /** From a small record to one that takes several pages. */
  padding: fc.constantFrom(0, 3, 40, 400, 3000),
});

test('what is erased is in no file, the rest is as it was, and each number is held, settled or counted as lost', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(record, { minLength: 1, maxLength: 120 }),
      fc.nat(40),
      fc.boolean(),
      async (all, acked, sent) => {
        const folder = tempFolder();
        const clock = new ManualClock();
        const outbox = open(folder, { clock });
        expect(await outbox.append(all.map(({ stream, padding }, i) => planted(i, stream, padding)))).toBe('committed');
        const upTo = Math.min(acked, all.length);
        if (sent) send(outbox, 1, all.length);
        if (upTo > 0) outbox.ack({ epoch: outbox.epoch, upTo });
        const before = heldBy(outbox);
        const erased = await eraseNow(outbox, ofStream('door'), clock);
        const gone = before.filter(({ stream }) => stream === 'door');
        expect(erased).toEqual({ records: gone.length, pictures: 0 });
        expect(heldBy(outbox).filter(({ kind }) => kind !== 'loss')).toEqual(
          before.filter(({ stream }) => stream !== 'door'),
        );
        expect(lostOf(outbox)).toBe(gone.length);
        expect(losses(outbox).every(({ reason, epoch }) => reason === 'erased' && epoch === outbox.epoch)).toBe(true);
        for (const { seq } of gone)
          expect(losses(outbox).some(({ from, to }) => Number(from) <= seq && seq <= Number(to))).toBe(true);
        // What was acknowledged is gone in the same way.
        const left = before.filter(({ stream }) => stream !== 'door').map(({ mark }) => mark);
        expect([...marksIn(folder)].toSorted((a, b) => a - b)).toEqual(left);
        // Again: nothing more.
        expect(await eraseNow(outbox, ofStream('door'), clock)).toEqual({ records: 0, pictures: 0 });
        expect(lostOf(outbox)).toBe(gone.length);
        outbox.close();
      },
    ),
    { numRuns: 40 },
  );
}, 120_000);

test('only its picture: the record keeps its number, and what else it says', async () => {
  const folder = tempFolder();
  const clock = new ManualClock();
  const outbox = open(folder, { clock });
  await outbox.append([planted(0, 'door', 0), planted(1, 'door', 900)]);
  // In doubt: even what was sent loses it.
  send(outbox, 1, 2);
  const judge: Judge = (json) => {
    const { secret: _, ...rest } = JSON.parse(json);
    return { without: JSON.stringify(rest) };
  };
  expect(await eraseNow(outbox, judge, clock)).toEqual({ records: 0, pictures: 2 });
  expect(heldBy(outbox).map(({ seq, mark, secret }) => [seq, mark, secret])).toEqual([
    [1, 0, undefined],
    [2, 1, undefined],
  ]);
  expect(filesWith(folder, 'PLANTED')).toEqual([]);
  outbox.close();
  // The tallies in the file are right: opening would find it damaged otherwise.
  const again = open(folder);
  expect(again.state()).toMatchObject({ waiting: 2, recovered: undefined });
  again.close();
});

test('what the hub refused and a damaged file that was moved aside go too', async () => {
  const folder = tempFolder();
  const clock = new ManualClock();
  const outbox = open(folder, { clock });
  await outbox.append([planted(0, 'door', 5), planted(1, 'yard', 5)]);
  outbox.refuse({ from: 1, to: 2, reason: 'bad' });
  writeFileSync(path.join(folder, 'outbox.db.corrupt-3'), `damaged ${plantedIn(0)}`);
  expect(filesWith(folder, plantedIn(0)).length).toBeGreaterThan(1);
  expect(await eraseNow(outbox, ofStream('door'), clock)).toEqual({ records: 1, pictures: 0 });
  expect(filesWith(folder, plantedIn(0))).toEqual([]);
  expect(filesWith(folder, plantedIn(1))).not.toEqual([]);
  outbox.close();
});

test('a file of an older version, which did not overwrite what it deleted, is rebuilt', async () => {
  const folder = tempFolder();
  const outbox = open(folder);
  await outbox.append(Array.from({ length: 300 }, (_, i) => planted(i, i % 2 ? 'door' : 'yard', 60)));
  outbox.close();
  const file = path.join(folder, 'outbox.db');
  const database = openSqlite(file, { synchronous: 'NORMAL' });
  database.pragma('secure_delete = OFF');
  database.exec('DELETE FROM records_2 WHERE seq <= 100');
  for (const table of ['meta', 'meta_copy']) {
    const state = JSON.parse(String(database.prepare(`SELECT state FROM ${table}`).pluck().get()));
    const bytes = database.prepare('SELECT sum(bytes) FROM records_2').pluck().get();
    const { secure: _, ...older } = {
      ...state,
      held: [state.held[0], state.held[1], { records: 200, bytes }, state.held[3]],
    };
    database.prepare(`UPDATE ${table} SET state = ?`).run(JSON.stringify(older));
  }
  database.close();
  expect(filesWith(folder, plantedIn(50))).toEqual(['outbox.db']);
  expect(await eraseStopped(folder, ofStream('door'), stamp, noSealer)).toEqual({ records: 100, pictures: 0 });
  expect([...marksIn(folder)].every((mark) => mark >= 100 && mark % 2 === 0)).toBe(true);
  expect(marksIn(folder).size).toBe(100);
});

test('a kill in the middle: a copy of the files as they are then is erased by carrying it out again', async () => {
  const folder = tempFolder();
  const clock = new ManualClock();
  const outbox = open(folder, { clock });
  // Several steps: about 6 MB.
  await outbox.append(Array.from({ length: 3000 }, (_, i) => planted(i, i % 3 ? 'door' : 'yard', 120)));
  const erasing = outbox.erase(ofStream('door'));
  // The first step is committed, the others are not.
  await new Promise((resolve) => setImmediate(resolve));
  const killed = afterKill(folder);
  await clock.advance(60_000);
  const whole = await erasing;
  outbox.close();
  expect(whole.records).toBe(2000);
  const rest = await eraseStopped(killed, ofStream('door'), stamp, noSealer);
  expect(rest.records).toBeGreaterThan(0);
  expect(rest.records).toBeLessThan(2000);
  const again = open(killed);
  expect(heldBy(again).filter(({ stream }) => stream === 'door')).toEqual([]);
  expect(lostOf(again)).toBe(2000);
  again.close();
  expect(marksIn(killed).size).toBe(1000);
  expect([...marksIn(killed)].every((mark) => mark % 3 === 0)).toBe(true);
}, 120_000);

test('while another program reads the file, its WAL cannot be emptied: it says so, and succeeds afterwards', async () => {
  const folder = tempFolder();
  const clock = new ManualClock();
  const outbox = open(folder, { clock });
  await outbox.append([planted(0, 'door', 50), planted(1, 'yard', 50)]);
  const reader = openSqlite(path.join(folder, 'outbox.db'), { synchronous: 'NORMAL', readonly: true });
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM records_2').get();
  await expect(Promise.all([outbox.erase(ofStream('door')), clock.advance(1)])).rejects.toThrow('end that program');
  reader.close();
  await eraseNow(outbox, ofStream('door'), clock);
  expect(filesWith(folder, plantedIn(0))).toEqual([]);
  outbox.close();
}, 60_000);

test('what was acknowledged is in no free page, and in no page that was used again', async () => {
  const folder = tempFolder();
  const clock = new ManualClock();
  const outbox = open(folder, { clock });
  const paddings = [3000, 40, 0, 400, 3, 900];
  for (let round = 0; round < 40; round++) {
    const marks = Array.from({ length: 12 }, (_, i) => round * 12 + i);
    await outbox.append(marks.map((mark) => planted(mark, 'yard', paddings[(mark + round) % paddings.length] ?? 0)));
    outbox.ack({ epoch: outbox.epoch, upTo: outbox.lastSeq - 5 });
  }
  expect(marksIn(folder).size).toBeGreaterThan(5);
  expect(await eraseNow(outbox, ofStream('door'), clock)).toEqual({ records: 0, pictures: 0 });
  expect([...marksIn(folder)].toSorted((a, b) => a - b)).toEqual(heldBy(outbox).map(({ mark }) => mark));
  outbox.close();
});
