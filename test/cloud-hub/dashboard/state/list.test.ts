import { expect, test } from 'vitest';
import type { Page } from '../../../../cloud-hub/dashboard/state/api.ts';
import { LiveList } from '../../../../cloud-hub/dashboard/state/list.ts';

interface Item {
  readonly id: string;
}

const item = (n: number): Item => ({ id: String(n) });
const ids = (list: LiveList<Item>) => list.state.value.items.map(({ id }) => Number(id));

/** The hub's edge: the numbers below `newest`, newest first, `size` a page. */
function hub(size: number, newest: number) {
  const state = { newest, failure: undefined as Error | undefined };
  const fetchPage = async (cursor: string | undefined): Promise<Page<Item>> => {
    if (state.failure) throw state.failure;
    const from = cursor === undefined ? state.newest : Number(cursor);
    const items = Array.from({ length: Math.min(size, from) }, (_, i) => item(from - i));
    return from > size ? { items, next: String(from - size) } : { items };
  };
  return { state, fetchPage };
}

test('pages follow each other to the end', async () => {
  const list = new LiveList(hub(3, 7).fetchPage, 100);
  await list.renew();
  expect(ids(list)).toEqual([7, 6, 5]);
  await list.more();
  await list.more();
  await list.more();
  expect(ids(list)).toEqual([7, 6, 5, 4, 3, 2, 1]);
  expect(list.state.value).toMatchObject({ next: undefined, isCut: false, loading: { kind: 'ready' } });
});

test('what comes live while the reader reads waits, and comes in together', async () => {
  const list = new LiveList(hub(3, 3).fetchPage, 100);
  await list.renew();
  list.hold(true);
  list.add(item(4));
  list.add(item(5));
  list.add(item(5));
  list.add(item(3));
  expect(ids(list)).toEqual([3, 2, 1]);
  expect(list.state.value.pending.map(({ id }) => id)).toEqual(['5', '4']);
  list.hold(false);
  expect(ids(list)).toEqual([5, 4, 3, 2, 1]);
  expect(list.state.value.pending).toEqual([]);
});

test('over the cap the oldest go, and the list says that it is cut', async () => {
  const list = new LiveList(hub(3, 9).fetchPage, 5);
  await list.renew();
  for (const n of [10, 11, 12]) list.add(item(n));
  expect(ids(list)).toEqual([12, 11, 10, 9, 8]);
  expect(list.state.value).toMatchObject({ isCut: true, next: undefined });
  const paged = new LiveList(hub(3, 9).fetchPage, 5);
  await paged.renew();
  await paged.more();
  expect(ids(paged)).toEqual([9, 8, 7, 6, 5]);
  expect(paged.state.value).toMatchObject({ isCut: true, next: undefined });
});

test('after a reconnect the list joins what was missed, or starts again where it cannot', async () => {
  const { state, fetchPage } = hub(3, 5);
  const list = new LiveList(fetchPage, 100);
  await list.renew();
  await list.more();
  state.newest = 7;
  await list.renew();
  expect(ids(list)).toEqual([7, 6, 5, 4, 3, 2, 1]);
  state.newest = 20;
  await list.renew();
  expect(ids(list)).toEqual([20, 19, 18]);
  await list.more();
  expect(ids(list)).toEqual([20, 19, 18, 17, 16, 15]);
});

test('a failure keeps what is there and names its reason; the next try goes on', async () => {
  const { state, fetchPage } = hub(3, 5);
  const list = new LiveList(fetchPage, 100);
  await list.renew();
  state.failure = new Error('The hub cannot be reached.');
  await list.more();
  expect(ids(list)).toEqual([5, 4, 3]);
  expect(list.state.value.loading).toEqual({ kind: 'failed', reason: 'The hub cannot be reached.' });
  state.failure = undefined;
  await list.more();
  expect(ids(list)).toEqual([5, 4, 3, 2, 1]);
});

test('an answer after close changes nothing', async () => {
  const { fetchPage } = hub(3, 5);
  const list = new LiveList(fetchPage, 100);
  const reading = list.renew();
  list.close();
  await reading;
  expect(ids(list)).toEqual([]);
});
