/** Whatever is done to a chain afterwards is found, and a chain that nobody touched is whole. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ChainCheck, type ChainedRow, digestOf, FIRST_DIGEST } from '../../../cloud-hub/store/audit-chain.ts';

type Stored = ChainedRow & { digest: string };

const text = fc.string({ unit: 'binary', maxLength: 8 });
const entry = fc.record({
  at: fc.oneof(fc.nat(), fc.double({ min: 0, max: 1e12, noNaN: true })),
  actor: text,
  action: text,
  subject: text,
  detail: text,
  address: fc.option(text, { nil: null }),
});
const chain = fc.array(entry, { minLength: 1, maxLength: 12 }).map((entries) => {
  let before = FIRST_DIGEST;
  return entries.map((one, i): Stored => {
    const row = { id: i + 1, ...one };
    before = digestOf(row, before);
    return { ...row, digest: before };
  });
});

function check(rows: readonly unknown[], head?: Stored) {
  const found = new ChainCheck(head && { id: String(head.id), digest: head.digest });
  for (const row of rows) found.add(row);
  return found.report();
}

test('a chain that nobody touched is whole, and every entry of it is a head that it has', () => {
  fc.assert(
    fc.property(chain, fc.nat(), (rows, n) => {
      const kept = rows[n % rows.length];
      const last = rows.at(-1);
      const head = { id: String(last?.id), digest: last?.digest };
      expect(check(rows, kept)).toEqual({ entries: rows.length, head, faults: [], faulty: 0 });
    }),
  );
  expect(check([])).toEqual({ entries: 0, head: undefined, faults: [], faulty: 0 });
});

test('a column that was changed is found at its entry', () => {
  const column = fc.constantFrom('at', 'actor', 'action', 'subject', 'detail', 'address', 'digest');
  fc.assert(
    fc.property(chain, fc.nat(), column, fc.oneof(text, fc.nat(), fc.constant(null)), (rows, n, key, value) => {
      const at = n % rows.length;
      fc.pre(rows[at]?.[key as keyof Stored] !== value);
      const edited = rows.map((row, i) => (i === at ? { ...row, [key]: value } : row));
      const { faulty, faults } = check(edited);
      expect(faulty).toBeGreaterThan(0);
      expect(faults[0]?.id).toBe(at + 1);
    }),
  );
});

test('entries that are missing in the middle or at the start are named', () => {
  fc.assert(
    fc.property(chain, fc.nat(), fc.nat(), (rows, a, b) => {
      fc.pre(rows.length > 1);
      const from = a % (rows.length - 1);
      const to = from + (b % (rows.length - 1 - from));
      const { faults, faulty } = check(rows.filter((_, i) => i < from || i > to));
      const what = from === to ? `entry ${from + 1} before it is` : `entries ${from + 1} to ${to + 1} before it are`;
      expect([faulty, faults]).toEqual([1, [{ id: to + 2, text: `${what} missing` }]]);
    }),
  );
});

test('an entry that was pushed in, with a digest of its own, is found, also when the others move on', () => {
  fc.assert(
    fc.property(chain, entry, fc.nat(), (rows, more, n) => {
      const at = n % rows.length;
      const before = rows[at - 1]?.digest ?? FIRST_DIGEST;
      const own = { id: at + 1, ...more };
      const moved = rows.slice(at).map((row) => ({ ...row, id: row.id + 1 }));
      const { faults } = check([...rows.slice(0, at), { ...own, digest: digestOf(own, before) }, ...moved]);
      expect(faults[0]?.id).toBe(at + 2);
    }),
  );
});

test('a cut end, and a chain written anew, are found by a head that was kept, and by nothing else', () => {
  fc.assert(
    fc.property(chain, text, (rows, actor) => {
      const kept = rows.at(-1);
      if (!kept) return;
      fc.pre(rows[0]?.actor !== actor);
      const cut = rows.slice(0, -1);
      expect(check(cut).faulty).toBe(0);
      expect(check(cut, kept).faults).toEqual([{ id: kept.id, text: expect.stringMatching(/is missing/) }]);
      let before = FIRST_DIGEST;
      const anew = rows.map((row) => {
        before = digestOf({ ...row, actor }, before);
        return { ...row, actor, digest: before };
      });
      expect(check(anew).faulty).toBe(0);
      expect(check(anew, kept).faults).toEqual([{ id: kept.id, text: expect.stringMatching(/written anew/) }]);
    }),
  );
});

test('after a fault the check goes on: each fault is told once, and a hundred at most are kept', () => {
  let before = FIRST_DIGEST;
  const rows = Array.from({ length: 400 }, (_, i) => {
    const row = { id: i + 1, at: i, actor: 'ann', action: 'a', subject: 's', detail: '{}', address: null };
    before = digestOf(row, before);
    return { ...row, digest: before };
  });
  const some = rows.map((row) => ([3, 300].includes(row.id) ? { ...row, actor: 'bob' } : row));
  expect(check(some).faults.map(({ id }) => id)).toEqual([3, 300]);
  const all = check(rows.map((row) => ({ ...row, actor: 'bob' })));
  expect([all.faulty, all.faults.length]).toEqual([400, 100]);
});
