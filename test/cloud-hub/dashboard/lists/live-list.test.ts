import { expect, test } from 'vitest';
import type { Page } from '../../../../cloud-hub/dashboard/hub/api.ts';
import { LiveList } from '../../../../cloud-hub/dashboard/lists/live-list.ts';

interface Item {
  readonly id: string;
}

const item = (n: number): Item => ({ id: String(n) });
const ids = (list: LiveList<Item>) => list.state.value.items.map(({ id }) => Number(id));
const pending = (list: LiveList<Item>) => list.state.value.pending.map(({ id }) => Number(id));

/** The hub's edge: the numbers up to `newest`, newest first, `size` a page. */
function hub(size: number, newest: number) {
  const state = { newest, failure: undefined as unknown, asked: [] as (string | undefined)[] };
  const signals: AbortSignal[] = [];
  /** An answer is what the hub held when it was asked; it arrives when the gate opens. */
  let gate = Promise.resolve();
  const fetchPage = async (cursor: string | undefined, signal: AbortSignal): Promise<Page<Item>> => {
    state.asked.push(cursor);
    signals.push(signal);
    const start = cursor === undefined ? state.newest : Number(cursor);
    const { failure } = state;
    await gate;
    if (failure) throw failure;
    const items = Array.from({ length: Math.min(size, start) }, (_, i) => item(start - i));
    return start > size ? { items, next: String(start - size) } : { items };
  };
  const hold = () => {
    let open: () => void = () => undefined;
    gate = new Promise((resolve) => {
      open = resolve;
    });
    return () => {
      gate = Promise.resolve();
      open();
    };
  };
  return { state, signals, fetchPage, hold };
}

test('pages follow each other to the end', async () => {
  const { state, fetchPage } = hub(3, 7);
  const list = new LiveList(fetchPage, 100);
  expect(list.state.value).toEqual({
    items: [],
    pending: [],
    next: undefined,
    isCut: false,
    loading: { kind: 'loading' },
  });
  await list.renew();
  expect(ids(list)).toEqual([7, 6, 5]);
  expect(list.state.value).toMatchObject({ next: '4', isCut: false });
  await list.more();
  await list.more();
  await list.more();
  expect(ids(list)).toEqual([7, 6, 5, 4, 3, 2, 1]);
  expect(list.state.value).toMatchObject({ next: undefined, isCut: false, loading: { kind: 'ready' } });
  expect(state.asked).toEqual([undefined, '4', '1']);
});

test('one page is read at a time', async () => {
  const { state, fetchPage, hold } = hub(3, 7);
  const list = new LiveList(fetchPage, 100);
  await list.renew();
  const open = hold();
  const reading = [list.more(), list.more()];
  expect(list.state.value.loading).toEqual({ kind: 'loading' });
  open();
  await Promise.all(reading);
  expect(state.asked).toEqual([undefined, '4']);
  expect(ids(list)).toEqual([7, 6, 5, 4, 3, 2]);
});

test('what comes live while the reader reads waits, and comes in together; a second time as well', async () => {
  const list = new LiveList(hub(3, 3).fetchPage, 100);
  await list.renew();
  for (const [first, second] of [
    [4, 5],
    [6, 7],
  ] as const) {
    const shown = ids(list);
    list.hold(true);
    list.add(item(first));
    list.add(item(second));
    list.add(item(second));
    list.add(item(3));
    list.hold(true);
    expect(ids(list)).toEqual(shown);
    expect(pending(list)).toEqual([second, first]);
    list.hold(false);
    expect(ids(list)).toEqual([second, first, ...shown]);
    expect(pending(list)).toEqual([]);
  }
  list.add(item(8));
  expect(ids(list)).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
  const before = list.state.value;
  list.hold(false);
  list.add(item(8));
  expect(list.state.value).toBe(before);
});

test('what waits has the same bound', async () => {
  const list = new LiveList(hub(3, 3).fetchPage, 4);
  await list.renew();
  list.hold(true);
  for (let n = 4; n < 20; n++) list.add(item(n));
  expect(pending(list)).toEqual([19, 18, 17, 16]);
  list.hold(false);
  expect(ids(list)).toEqual([19, 18, 17, 16]);
  expect(list.state.value.isCut).toBe(true);
});

test('over the cap the oldest go, and the list says that it is cut', async () => {
  const list = new LiveList(hub(3, 9).fetchPage, 5);
  await list.renew();
  for (const n of [10, 11]) list.add(item(n));
  expect(list.state.value).toMatchObject({ isCut: false, next: '6' });
  list.add(item(12));
  expect(ids(list)).toEqual([12, 11, 10, 9, 8]);
  expect(list.state.value).toMatchObject({ isCut: true, next: undefined });
  list.add(item(13));
  expect(list.state.value).toMatchObject({ isCut: true, next: undefined });
  await list.renew();
  expect(ids(list)).toEqual([13, 12, 11, 10, 9]);
});

test.each([
  [9, 5, [9, 8, 7, 6, 5], true],
  [5, 5, [5, 4, 3, 2, 1], false],
  [5, 4, [5, 4, 3, 2], true],
  [6, 6, [6, 5, 4, 3, 2, 1], false],
])('of %i items, %i are held: %j, cut %j', async (count, cap, found, isCut) => {
  const list = new LiveList(hub(3, count).fetchPage, cap);
  await list.renew();
  await list.more();
  expect(ids(list)).toEqual(found);
  expect(list.state.value).toMatchObject({ isCut, next: undefined });
});

test('after each reconnect the list joins what was missed, or starts again where it cannot', async () => {
  const { state, fetchPage } = hub(3, 5);
  const list = new LiveList(fetchPage, 100);
  await list.renew();
  await list.more();
  state.newest = 7;
  await list.renew();
  expect(ids(list)).toEqual([7, 6, 5, 4, 3, 2, 1]);
  expect(list.state.value.next).toBeUndefined();
  state.newest = 20;
  await list.renew();
  expect(ids(list)).toEqual([20, 19, 18]);
  expect(list.state.value.next).toBe('17');
  await list.more();
  expect(ids(list)).toEqual([20, 19, 18, 17, 16, 15]);
  await list.renew();
  // The tail is the same: its own cursor counts, not that of the first page.
  expect(list.state.value.next).toBe('14');
});

test('a list that was cut stays cut while its tail stays', async () => {
  const { state, fetchPage } = hub(3, 9);
  const list = new LiveList(fetchPage, 5);
  await list.renew();
  await list.more();
  expect(list.state.value.isCut).toBe(true);
  await list.renew();
  expect(list.state.value).toMatchObject({ isCut: true, next: undefined });
  state.newest = 30;
  await list.renew();
  expect(list.state.value).toMatchObject({ isCut: false, next: '27' });
});

test('what was heard while the first page was under way is not lost', async () => {
  const { fetchPage, hold } = hub(3, 5);
  const list = new LiveList(fetchPage, 100);
  for (const received of [6, 7]) {
    const open = hold();
    const reading = list.renew();
    list.add(item(received));
    open();
    await reading;
  }
  // The hub answered the second time too with what it had before it told of 6 and 7.
  expect(ids(list)).toEqual([7, 6, 5, 4, 3]);
});

test('a reconnect while the reader reads moves nothing, and what waits stays in order', async () => {
  const { state, fetchPage } = hub(3, 5);
  const list = new LiveList(fetchPage, 100);
  await list.renew();
  list.hold(true);
  list.add(item(6));
  state.newest = 8;
  await list.renew();
  expect([ids(list), pending(list)]).toEqual([
    [5, 4, 3],
    [8, 7, 6],
  ]);
  list.hold(false);
  expect(ids(list)).toEqual([8, 7, 6, 5, 4, 3]);
  list.hold(true);
  list.add(item(9));
  state.newest = 100;
  await list.renew();
  // What is in between is not known: the list begins anew at its head.
  expect([ids(list), pending(list)]).toEqual([[100, 99, 98], []]);
  expect(list.state.value.next).toBe('97');
});

test('a failure keeps what is there and names its reason; the next try goes on', async () => {
  const { state, fetchPage } = hub(3, 5);
  const list = new LiveList(fetchPage, 100);
  await list.renew();
  for (const [failure, reason] of [
    [new Error('The hub cannot be reached.'), 'The hub cannot be reached.'],
    ['no error object', 'no error object'],
  ]) {
    state.failure = failure;
    await list.more();
    expect(ids(list)).toEqual([5, 4, 3]);
    expect(list.state.value.loading).toEqual({ kind: 'failed', reason });
  }
  state.failure = undefined;
  await list.more();
  expect(ids(list)).toEqual([5, 4, 3, 2, 1]);
  expect(list.state.value.loading).toEqual({ kind: 'ready' });
});

test('an answer after close, or of a reading that was begun before another, changes nothing', async () => {
  const { state, signals, fetchPage, hold } = hub(3, 5);
  const list = new LiveList(fetchPage, 100);
  await list.renew();
  const open = hold();
  const more = list.more();
  const renewing = list.renew();
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, false]);
  open();
  await Promise.all([more, renewing]);
  expect(ids(list)).toEqual([5, 4, 3]);

  for (const failure of [undefined, new Error('down')]) {
    state.failure = failure;
    const again = hold();
    const late = list.renew();
    list.close();
    const before = list.state.value;
    again();
    await late;
    expect(list.state.value).toBe(before);
  }
});

test('an item that changes takes its place, shown or waiting; one that the list does not have is left out', async () => {
  const { fetchPage } = hub(3, 5);
  const list = new LiveList<Item & { readonly note?: string }>(fetchPage, 100);
  await list.renew();
  list.hold(true);
  list.add(item(6));
  list.change({ id: '4', note: 'amended' });
  list.change({ id: '6', note: 'amended' });
  list.change({ id: '1', note: 'amended' });
  expect(list.state.value.items).toEqual([item(5), { id: '4', note: 'amended' }, item(3)]);
  expect(list.state.value.pending).toEqual([{ id: '6', note: 'amended' }]);
});

test('a page that was asked for before a change does not undo it; one that was asked for later counts', async () => {
  const { fetchPage, hold } = hub(3, 3);
  const list = new LiveList<Item & { readonly note?: string }>(fetchPage, 100);
  await list.renew();
  const open = hold();
  const read = list.renew();
  list.change({ id: '2', note: 'amended' });
  open();
  await read;
  expect(list.state.value.items[1]).toEqual({ id: '2', note: 'amended' });
  // The hub says otherwise now.
  await list.renew();
  expect(list.state.value.items[1]).toEqual(item(2));
});
