import { randomBytes } from 'node:crypto';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Outbox } from '../../../agent/buffer/outbox.ts';
import { createSealer, keyIdOf, type Sealer, sealedWith } from '../../../shared/kit/seal.ts';
import { filesWith } from '../../support/files-with.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder } from '../../support/temp.ts';
import { afterKill, body, heldBy, open, stateIn, unsynced } from './fixture.ts';

const TEXT = 'PLANTED-FACE-AT-THE-DOOR';
const [first, second, third] = [randomBytes(32), randomBytes(32), randomBytes(32)];
const planted = (mark: number, padding = 0) => ({ ...body(mark), secret: TEXT.repeat(1 + padding) });
const many = (count: number, padding = 20) => Array.from({ length: count }, (_, i) => planted(i, padding));
const marks = (outbox: Outbox) =>
  heldBy(outbox)
    .filter(({ kind }) => kind === 'event')
    .map(({ mark }) => mark);
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

async function resealed(outbox: Outbox, clock: ManualClock): Promise<boolean> {
  const done = outbox.reseal();
  await clock.advance(1000);
  return done;
}

/** Ids of the keys that the events of a stopped outbox are sealed with. */
function keysIn(folder: string): string[] {
  const database = unsynced(path.join(folder, 'outbox.db'));
  const rows = database.prepare<[], Buffer>('SELECT sealed FROM records_2').pluck().all();
  database.close();
  return rows.map((sealed) => sealedWith(sealed) ?? 'plain');
}

/** An outbox with planted records, closed. */
async function filled(sealer?: Sealer, count = 300): Promise<string> {
  const folder = tempFolder();
  const outbox = open(folder, sealer ? { sealer } : {});
  expect(await outbox.append(many(count))).toBe('committed');
  outbox.refuse({ from: 1, to: 1, reason: 'too old' });
  outbox.close();
  return folder;
}

test('with a key no file of a running, killed or stopped outbox has the text, whatever it goes through', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(3000), { minLength: 1, maxLength: 40 }), fc.nat(20), async (paddings, acked) => {
      const folder = tempFolder();
      const sealer = createSealer(first);
      const outbox = open(folder, { sealer });
      await outbox.append(paddings.map((padding, i) => planted(i, padding)));
      expect(filesWith(folder, 'PLANTED')).toEqual([]);
      outbox.refuse({ from: 1, to: 1, reason: 'r' });
      const last = Math.min(acked + 1, paddings.length);
      outbox.ack({ epoch: outbox.epoch, upTo: last });
      const killed = afterKill(folder);
      expect(filesWith(killed, 'PLANTED')).toEqual([]);
      const again = open(killed, { sealer: createSealer(first) });
      expect(marks(again)).toEqual(upTo(paddings.length).slice(last));
      expect(await again.reseal()).toBe(false);
      again.close();
      outbox.close();
      expect(filesWith(folder, 'PLANTED')).toEqual([]);
    }),
    { numRuns: 25 },
  );
});

test('switched on, it encrypts what is there, the refused ones and older files beside it too', async () => {
  const folder = await filled();
  expect(filesWith(folder, TEXT)).toContain('outbox.db');
  const clock = new ManualClock();
  const outbox = open(folder, { clock, sealer: createSealer(first) });
  await outbox.append(planted(300));
  expect(await resealed(outbox, clock)).toBe(true);
  expect(filesWith(folder, 'PLANTED')).toEqual([]);
  expect(marks(outbox)).toEqual(upTo(301).slice(1));
  expect(await resealed(outbox, clock)).toBe(false);
  outbox.close();
  expect(stateIn(folder)).toMatchObject({ keys: [keyIdOf(first)], plain: false });
});

test('a file of format 2 is taken over and encrypted', async () => {
  const folder = await filled();
  const database = unsynced(path.join(folder, 'outbox.db'));
  for (const table of ['records_0', 'records_1', 'records_2', 'records_3', 'refused'])
    database.exec(`ALTER TABLE ${table} DROP COLUMN sealed`);
  database.pragma('user_version = 2');
  database.close();
  const clock = new ManualClock();
  const outbox = open(folder, { clock, sealer: createSealer(first) });
  await resealed(outbox, clock);
  expect(filesWith(folder, 'PLANTED')).toEqual([]);
  expect(marks(outbox)).toEqual(upTo(300).slice(1));
  outbox.close();
});

test('a rotation that is killed after any step loses nothing, and ends under the new key alone', async () => {
  const folder = await filled(createSealer(first), 1200);
  const copies: string[] = [];
  const clock = new ManualClock();
  // Each pause is a place where the process may be killed.
  clock.sleep = async () => void copies.push(afterKill(folder));
  const outbox = open(folder, { clock, sealer: createSealer(second, [first]) });
  expect(await outbox.reseal()).toBe(true);
  outbox.close();
  // Some were killed in the middle: they hold texts of both keys.
  expect(copies.filter((copy) => new Set(keysIn(copy)).size === 2).length).toBeGreaterThan(1);
  for (const copy of [...copies, folder]) {
    expect(filesWith(copy, 'PLANTED')).toEqual([]);
    const later = new ManualClock();
    const again = open(copy, { clock: later, sealer: createSealer(second, [first]) });
    expect(marks(again)).toEqual(upTo(1200).slice(1));
    await resealed(again, later);
    again.close();
    const alone = open(copy, { sealer: createSealer(second) });
    expect(marks(alone)).toEqual(upTo(1200).slice(1));
    alone.close();
    expect(stateIn(copy)?.keys).toEqual([keyIdOf(second)]);
  }
});

test('with a wrong key the records are lost and counted, and the outbox goes on, encrypted', async () => {
  const folder = await filled(createSealer(first));
  const outbox = open(folder, { sealer: createSealer(third) });
  await outbox.append(planted(1));
  const held = heldBy(outbox);
  expect(held.find(({ kind }) => kind === 'error')).toMatchObject({
    code: 'key-lost',
    message: expect.stringContaining(`the key ${keyIdOf(first)}, which is not given`),
  });
  expect(held.find(({ kind }) => kind === 'loss')).toMatchObject({ from: 1, to: 300, lost: 299, reason: 'key-lost' });
  expect(marks(outbox)).toEqual([1]);
  outbox.close();
  expect(filesWith(folder, 'PLANTED')).toEqual([]);
});

test('a half rotated outbox whose old key is lost keeps what the new key has', async () => {
  const folder = await filled(createSealer(first), 100);
  const between = open(folder, { sealer: createSealer(second, [first]) });
  await between.append([planted(100), planted(101)]);
  between.close();
  const outbox = open(folder, { sealer: createSealer(second) });
  expect(marks(outbox)).toEqual([100, 101]);
  expect(heldBy(outbox).find(({ kind }) => kind === 'loss')).toMatchObject({ lost: 99, reason: 'key-lost' });
  outbox.close();
});

test('a record that was changed on the disk is lost and counted; the others stay', async () => {
  const folder = await filled(createSealer(first), 50);
  const database = unsynced(path.join(folder, 'outbox.db'));
  database.exec("UPDATE records_2 SET sealed = CAST(sealed || x'00' AS BLOB) WHERE seq = 20");
  database.close();
  const outbox = open(folder, { sealer: createSealer(first) });
  heldBy(outbox);
  expect(marks(outbox)).toEqual(upTo(50).filter((mark) => mark !== 0 && mark !== 19));
  expect(heldBy(outbox).find(({ kind }) => kind === 'loss')).toMatchObject({ lost: 1, reason: 'outbox-corrupt' });
  outbox.close();
});

test('without any key an encrypted outbox is left as it is, and what to do is said', async () => {
  const folder = await filled(createSealer(first));
  expect(() => open(folder)).toThrow(/encrypted with the key [0-9a-f]{16}.*encryption\.keyFile/);
  const outbox = open(folder, { sealer: createSealer(first) });
  expect(marks(outbox)).toEqual(upTo(300).slice(1));
  outbox.close();
});

test('with old keys alone it goes back to plain text, which somebody has asked for', async () => {
  const folder = await filled(createSealer(first));
  const clock = new ManualClock();
  const outbox = open(folder, { clock, sealer: createSealer(undefined, [first]) });
  await resealed(outbox, clock);
  outbox.close();
  const plain = open(folder);
  expect(marks(plain)).toEqual(upTo(300).slice(1));
  plain.close();
});

test('what was sealed is JSON without another look', async () => {
  const sealer = createSealer(first);
  const outbox = open(await filled(sealer, 3), { sealer });
  const leased = outbox.lease(10, 1e6);
  expect(leased.map(({ seq, isJson }) => [seq, isJson])).toEqual([
    [2, true],
    [3, true],
  ]);
  expect(leased.map(({ json }) => JSON.parse(json))).toMatchObject([planted(1, 20), planted(2, 20)]);
  outbox.close();
});
