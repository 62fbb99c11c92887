/** What a failure in the middle of a group costs: one message, one step, or nothing but time. */
import { describe, expect, test } from 'vitest';
import type { Message } from '../../../cloud-hub/ingest/message.ts';
import { steps } from '../../../cloud-hub/ingest/steps.ts';
import type { HubStore } from '../../../cloud-hub/store/store.ts';
import { encode } from '../../../shared/contract/codec.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { eventRecord } from '../support.ts';
import { all, type Bench, bench } from './bench.ts';

const batchOf = (seq: number, more: Record<string, unknown> = {}) =>
  encode({ epoch: 'e1', from: seq, to: seq, base: 1, records: [eventRecord(seq, more)] });

/** Offers all at once, so that they share a group. */
async function together(b: Bench, ...payloads: Buffer[]): Promise<void> {
  for (const payload of payloads) b.ingest.offer('cam', 'records', payload);
  await b.ingest.drained();
}

/** A store whose transactions are counted, and fail while `fault` says so. */
function faulty(fault: { throws: unknown }, sizes: number[] = []) {
  return (store: HubStore): HubStore => ({
    ...store,
    transact: (work) =>
      store.transact(async (tx) => {
        sizes.push(0);
        const result = await work(tx);
        if (fault.throws !== undefined) throw fault.throws;
        return result;
      }),
  });
}

const coded = (code: unknown) => Object.assign(new Error(`failed with ${String(code)}`), { code });

describe('a failure', () => {
  test('of one message costs only this one; the others of its group are stored in their order', async () => {
    const b = await bench(undefined, (store) => ({
      ...store,
      transact: (work) =>
        store.transact(async (tx) => {
          const add: typeof tx.records.add = async (items) => {
            if (items.some(({ seq }) => seq === 2)) throw new TypeError(`defect ${'x'.repeat(2000)}`);
            return tx.records.add(items);
          };
          return work({ ...tx, records: { add } });
        }),
    }));
    await together(b, ...[1, 2, 3].map((seq) => batchOf(seq)));
    const reason = `cannot be stored: defect ${'x'.repeat(2000)}`.slice(0, 300);
    // Each settles it, so each names it as refused.
    const named = { epoch: 'e1', upTo: 3, ranges: [], refused: [{ from: 2, to: 2, reason }] };
    expect(b.acks).toEqual([named, named, named]);
    expect((await b.store.events.list(all)).items.map((e) => e.ptsMs / 40)).toEqual([3, 1]);
    expect(await b.store.quarantine.list(all)).toMatchObject([
      { epoch: 'e1', from: 2, to: 2, reason: `up/records: ${reason}` },
    ]);
    expect((await b.store.sequences.list('cam'))[0]).toMatchObject({ upTo: 3, records: 2, gaps: [] });
    // The group, and the message alone.
    expect(await b.counted('ingestFailures')).toBe(2);
    expect(b.logged).toEqual([{ step: 'commit', device: 'cam', channel: 'records', text: 'ingest failed' }]);
    // It is refused again when it comes again, and held once.
    await together(b, batchOf(2));
    expect(b.acks.at(-1)?.upTo).toBe(3);
    expect(await b.counted('quarantined')).toBe(1);
  });

  test.each(
    ['FULL', 'IOERR', 'IOERR_WRITE', 'BUSY', 'LOCKED', 'READONLY', 'CANTOPEN', 'CORRUPT', 'NOTADB', 'NOMEM', 'PROTOCOL']
      .map((code) => `SQLITE_${code}`)
      .concat('ENOSPC', 'EIO'),
  )('of the database (%s): nothing is acknowledged or held, and the next try works', async (code) => {
    const fault = { throws: coded(code) as unknown };
    const b = await bench(undefined, faulty(fault));
    b.ingest.presence('cam', true);
    await together(b, batchOf(1), batchOf(2));
    expect(b.acks).toEqual([]);
    expect(b.live).toEqual([]);
    expect(await b.counted('ingestFailures')).toBe(1);
    expect(await b.store.quarantine.list(all)).toEqual([]);
    expect((await b.store.devices.get('cam'))?.online).toBe(false);
    expect(b.logged).toMatchObject([{ step: 'commit', device: 'cam', channel: 'presence' }]);
    fault.throws = undefined;
    await together(b, batchOf(1), batchOf(2));
    expect(b.acks.map((a) => a.upTo)).toEqual([2, 2]);
    expect((await b.store.events.list(all)).items).toHaveLength(2);
  });

  test.each([
    coded('SQLITE_CONSTRAINT_UNIQUE'),
    coded('NOT_SQLITE_FULL'),
    coded(13),
    new Error('no code'),
    'text',
    { code: 'ENOSPC' },
  ])('of another kind (%s) is the message’s: it is in the quarantine and never comes again', async (thrown) => {
    const fault = { throws: thrown as unknown };
    // Fails while the record is stored, not while it is put into quarantine.
    const b = await bench(undefined, (store) => ({
      ...store,
      transact: (work) =>
        store.transact(async (tx) => {
          const add: typeof tx.records.add = async (items) => {
            if (items.length > 0) throw fault.throws;
            return [];
          };
          return work({ ...tx, records: { add } });
        }),
    }));
    await together(b, batchOf(1));
    expect(b.acks).toMatchObject([{ upTo: 1, refused: [{ from: 1, to: 1 }] }]);
    expect(await b.store.quarantine.list(all)).toHaveLength(1);
  });

  test('of a status, or of a batch that is refused whole: held with the reason, without an answer', async () => {
    const noteContact = { fails: true };
    const b = await bench(undefined, (store) => ({
      ...store,
      transact: (work) =>
        store.transact(async (tx) => {
          const note: typeof tx.devices.noteContact = async (...args) => {
            if (noteContact.fails && args[1].online !== undefined) throw new TypeError('no status');
            return tx.devices.noteContact(...args);
          };
          const add: typeof tx.quarantine.add = async (item) => {
            if (item.from === 7 && !item.reason.includes('cannot be stored')) throw new TypeError('no range');
            return tx.quarantine.add(item);
          };
          const quarantine = { ...tx.quarantine, add };
          return work({ ...tx, devices: { ...tx.devices, noteContact: note }, quarantine });
        }),
    }));
    await b.send(encode({ online: true }), 'status');
    await b.send(encode({ epoch: 'e1', from: 7, to: 7, records: 'none' }));
    expect(b.acks).toEqual([]);
    const held = await b.store.quarantine.list(all);
    expect(held.map((q) => [q.reason, q.from])).toEqual([
      ['up/records: cannot be stored: no range', undefined],
      ['up/status: cannot be stored: no status', undefined],
    ]);
    expect((await b.store.devices.get('cam'))?.online).toBe(false);
  });

  test('also of the quarantine: the message is given up, and the next one is taken', async () => {
    const b = await bench(undefined, (store) => ({
      ...store,
      transact: (work) =>
        store.transact(async (tx) => {
          const add = async () => {
            throw new TypeError('no quarantine');
          };
          return work({ ...tx, quarantine: { ...tx.quarantine, add } });
        }),
    }));
    await b.send(Buffer.from('{'));
    await together(b, batchOf(1), encode({ epoch: 'e1', from: 2, to: 2, records: 'none' }), batchOf(3));
    expect(b.acks.map((a) => a.upTo)).toEqual([1, 1]);
    expect((await b.store.events.list(all)).items).toHaveLength(2);
  });

  test('of a check costs the message, of an after step only this step; each is logged', async () => {
    const broken = <P extends 'check' | 'after'>(phase: P) => ({
      name: `broken ${phase}`,
      phase,
      run(message: Message) {
        if (message.channel === 'records') throw new Error(`${phase} is broken`);
      },
    });
    const clock = new ManualClock();
    const [check, commit, after] = (['check', 'commit', 'after'] as const).map((phase) =>
      steps.filter((step) => step.phase === phase),
    );
    const first = await bench(undefined, undefined, {
      clock,
      steps: [...(check ?? []), broken('check'), ...(commit ?? []), ...(after ?? [])],
    });
    await first.send(batchOf(1));
    expect(first.acks).toEqual([]);
    expect(await first.store.quarantine.list(all)).toMatchObject([
      { reason: 'up/records: step "broken check" failed: check is broken' },
    ]);
    expect(first.logged).toEqual([{ step: 'broken check', device: 'cam', channel: 'records', text: 'ingest failed' }]);

    const second = await bench(undefined, undefined, {
      clock,
      steps: [...(check ?? []), ...(commit ?? []), broken('after'), ...(after ?? [])],
    });
    await second.send(batchOf(1));
    expect(second.acks).toMatchObject([{ upTo: 1 }]);
    expect(second.live).toMatchObject([{ type: 'event' }]);
    expect(second.logged).toMatchObject([{ step: 'broken after' }]);
  });

  test.each([
    [9_999, 1],
    [10_000, 2],
  ])('that comes again after %s ms: %s lines in the log', async (pause, lines) => {
    const clock = new ManualClock();
    const b = await bench(undefined, faulty({ throws: coded('SQLITE_FULL') }), { clock });
    const fail = async () => {
      b.ingest.presence('cam', true);
      await b.ingest.drained();
    };
    await fail();
    expect(b.logged).toHaveLength(1);
    await clock.advance(pause);
    await fail();
    expect(b.logged).toHaveLength(lines);
    expect(await b.counted('ingestFailures')).toBe(2);
  });
});
