import { expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../../cloud-hub/store/store.ts';
import { recordBody } from '../../../shared/contract/messages/record.ts';
import { tempFolder } from '../../support/temp.ts';
import { eventRecord } from '../support.ts';

test('a filter by time gives the same rows whether few or many match', async () => {
  const store = await openStore(tempFolder(), 0);
  onTestFinished(() => store.close());
  const count = 6000;
  const items = Array.from({ length: count }, (_, i) => {
    const seq = i + 1;
    // The clock runs backwards: the order of receipt is the other way round.
    const input = eventRecord(seq, { wall: count - seq });
    const body = JSON.stringify(input);
    return { device: 'cam', epoch: 'e', seq, receivedAt: seq, backfill: false, record: recordBody.parse(input), body };
  });
  await store.transact((tx) => tx.records.add(items));
  const ids = async (filter: { since?: number; until?: number; before?: number; label?: string }) =>
    (await store.events.list({ ...filter, limit: 3 })).items.map((e) => Number(e.id));
  expect(await ids({ since: 0 })).toEqual([6000, 5999, 5998]);
  expect(await ids({ since: 100 })).toEqual([5900, 5899, 5898]);
  expect(await ids({ since: 5000, until: 5100 })).toEqual([1000, 999, 998]);
  expect(await ids({ since: 5000, until: 5100, before: 999 })).toEqual([998, 997, 996]);
  expect(await ids({ since: 5000, label: 'cat' })).toEqual([]);
  expect(await ids({ since: 7000 })).toEqual([]);
});
