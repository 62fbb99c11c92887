/** What `transact` promises: all or nothing, alone, bounded, and never used wrongly without an error. */
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { createIdentityService } from '../../../cloud-hub/identity/identity.ts';
import { defaultTransactionLimits, type TransactionLimits } from '../../../cloud-hub/store/database.ts';
import { openStore, type Parts } from '../../../cloud-hub/store/store.ts';
import { Transactions } from '../../../cloud-hub/store/transactions.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder } from '../../support/temp.ts';

async function open(limits: Partial<TransactionLimits> = {}) {
  const store = await openStore(tempFolder(), 0, { transaction: { ...defaultTransactionLimits, ...limits } });
  onTestFinished(() => store.close());
  return store;
}

/** `Promise.withResolvers` of newer Nodes. */
function gateOf() {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

const never = () => new Promise<never>(() => undefined);

test('what a transaction has written is seen by it alone until it ends', async () => {
  const store = await open();
  const gate = gateOf();
  const written = gateOf();
  const work = store.transact(async (tx) => {
    await tx.devices.add('cam', 'x', 0);
    expect((await tx.devices.get('cam'))?.id).toBe('cam');
    written.resolve();
    await gate.promise;
  });
  await written.promise;
  expect(await store.devices.get('cam')).toBeUndefined();
  gate.resolve();
  await work;
  expect((await store.devices.get('cam'))?.id).toBe('cam');
});

test('inside of a transaction the outer store refuses, and the transaction goes on', async () => {
  const store = await open();
  await store.transact(async (tx) => {
    await expect(store.transact(async () => undefined)).rejects.toMatchObject({ code: 'NESTED' });
    await expect(store.devices.add('a', 'x', 0)).rejects.toMatchObject({ code: 'NESTED' });
    await expect(store.devices.get('a')).rejects.toMatchObject({ code: 'NESTED' });
    await tx.devices.add('b', 'x', 0);
  });
  expect((await store.devices.roster()).map(({ id }) => id)).toEqual(['b']);
});

test('a database that is closed follows no work of the process any more: each that did would make every timer dearer', async () => {
  const transactions = new Transactions({ lastMs: 20_000, isWatched: true });
  await transactions.begin().within(async () => {
    expect(() => transactions.requireOutside()).toThrow('inside of a transaction');
    transactions.close();
    transactions.requireOutside();
  });
});

test('what is not awaited comes too late, and is refused', async () => {
  const store = await open();
  let kept: Parts | undefined;
  await store.transact(async (tx) => {
    kept = tx;
  });
  await expect(kept?.devices.add('a', 'x', 0)).rejects.toMatchObject({ code: 'ENDED' });
  expect(await store.devices.roster()).toEqual([]);
});

test('a transaction that lasts too long is taken back, and others go on', async () => {
  const store = await open({ lastMs: 50 });
  const stuck = store.transact(async (tx) => {
    await tx.devices.add('a', 'x', 0);
    await never();
  });
  await expect(stuck).rejects.toMatchObject({ code: 'LASTED' });
  expect(store.isOutage(await stuck.catch((error: unknown) => error))).toBe(true);
  await store.transact(async (tx) => tx.devices.add('b', 'x', 0));
  expect((await store.devices.roster()).map(({ id }) => id)).toEqual(['b']);
});

test('a transaction that waits too long has done nothing', async () => {
  const store = await open({ waitMs: 50, lastMs: 60_000 });
  const gate = gateOf();
  const first = store.transact(() => gate.promise);
  await expect(store.transact(async (tx) => tx.devices.add('a', 'x', 0))).rejects.toMatchObject({ code: 'WAITED' });
  gate.resolve();
  await first;
  expect(await store.devices.roster()).toEqual([]);
});

test('close waits for what runs, and refuses what comes later', async () => {
  const folder = tempFolder();
  const store = await openStore(folder, 0);
  const work = store.transact(async (tx) => {
    await new Promise((resolve) => setImmediate(resolve));
    await tx.devices.add('a', 'x', 0);
  });
  const closed = store.close();
  await expect(store.transact(async (tx) => tx.devices.add('b', 'x', 0))).rejects.toMatchObject({ code: 'CLOSED' });
  await Promise.all([work, closed]);
  const next = await openStore(folder, 0);
  onTestFinished(() => next.close());
  expect((await next.devices.roster()).map(({ id }) => id)).toEqual(['a']);
});

test('whatever comes at the same time: counts add up, entries of the audit follow from each other', async () => {
  const store = await open();
  const act = { at: 1, actor: 'ann' };
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.boolean(), fc.nat(3)), { maxLength: 20 }), async (plan) => {
      const before = Number((await store.audit.head())?.id ?? 0);
      const done = await Promise.allSettled(
        plan.map(([fails, pauses]) =>
          store.transact(async (tx) => {
            for (let n = 0; n < pauses; n++) await new Promise((resolve) => setImmediate(resolve));
            await tx.audit.add(act, 'device.add', 'x');
            if (fails) throw new Error('no');
          }),
        ),
      );
      const kept = done.filter(({ status }) => status === 'fulfilled').length;
      expect(kept).toBe(plan.filter(([fails]) => !fails).length);
      expect(Number((await store.audit.head())?.id ?? 0)).toBe(before + kept);
      expect((await store.audit.check(async () => undefined)).faulty).toBe(0);
    }),
    { numRuns: 25 },
  );
});

test('a code that many use at the same time signs in once', async () => {
  const store = await open();
  const identity = createIdentityService({ store, clock: new ManualClock() });
  const made = await identity.newToken('ann', { role: 'admin' }, { name: 'hub' });
  const maker = { role: 'admin' as const, name: 'ann', token: made?.row.id ?? 0 };
  for (let round = 0; round < 5; round++) {
    const { code = '' } = (await identity.newCode('viewer', maker)) ?? {};
    const begun = await Promise.all(Array.from({ length: 20 }, () => identity.signIn({ code })));
    expect(begun.filter((session) => session !== undefined)).toHaveLength(1);
  }
});
