import { expect, test } from 'vitest';
import type { Page } from '../../../../cloud-hub/dashboard/hub/api.ts';
import { WholeList } from '../../../../cloud-hub/dashboard/lists/whole-list.ts';

interface Item {
  readonly id: string;
  readonly text?: string;
}

const items = (...ids: string[]): Item[] => ids.map((id) => ({ id }));
const ids = (list: WholeList<Item>) => list.state.value.items.map(({ id }) => id).join(' ');

/** A list of pages by cursor (the index of a page), with what was asked. */
function paged(pages: readonly Page<Item>[], cap: number) {
  const asked: (string | undefined)[] = [];
  const list = new WholeList<Item>(async (cursor) => {
    asked.push(cursor);
    return pages[Number(cursor ?? 0)] ?? { items: [] };
  }, cap);
  return { list, asked };
}

/** A list whose answers come when the test gives them. */
function held(cap = 10) {
  const answers: { give(page: Page<Item>): void; fail(error: unknown): void; signal: AbortSignal }[] = [];
  const list = new WholeList<Item>(
    (_cursor, signal) =>
      new Promise<Page<Item>>((give, fail) => {
        answers.push({ give, fail, signal });
      }),
    cap,
  );
  const answer = (n: number) => {
    const found = answers[n];
    if (!found) throw new Error(`question ${n} was not asked`);
    return found;
  };
  return { list, answer };
}

test.each([
  ['two pages below the cap', [{ items: items('3', '2'), next: '1' }, { items: items('1') }], 10, '3 2 1', false, 2],
  ['exactly the cap', [{ items: items('3', '2'), next: '1' }, { items: items('1') }], 3, '3 2 1', false, 2],
  ['the cap within a page', [{ items: items('3', '2', '1') }], 2, '3 2', true, 1],
  ['the cap at the end of a page, and more to come', [{ items: items('3', '2'), next: '1' }], 2, '3 2', true, 1],
  [
    'an empty page that names a next one',
    [
      { items: items('3'), next: '1' },
      { items: [], next: '2' },
    ],
    9,
    '3',
    false,
    2,
  ],
] as const)('reads %s', async (_name, pages, cap, found, isCut, questions) => {
  const { list, asked } = paged(pages, cap);
  expect(list.state.value).toEqual({ items: [], isCut: false, loading: { kind: 'loading' } });
  await list.load();
  expect(ids(list)).toBe(found);
  expect(list.state.value).toMatchObject({ isCut, loading: { kind: 'ready' } });
  expect(asked).toEqual([undefined, '1', '2'].slice(0, questions));
});

test('a reading takes changed and deleted items over; what was put meanwhile stays, what was put before does not', async () => {
  const { list, answer } = held();
  const first = list.load();
  answer(0).give({ items: items('2', '1') });
  await first;
  list.put({ id: '9', text: 'deleted by another tab' });
  const second = list.load();
  list.put({ id: '2', text: 'newer' });
  list.put({ id: '3', text: 'new' });
  answer(1).give({ items: [{ id: '2', text: 'read' }, { id: '0' }] });
  await second;
  expect(list.state.value.items).toEqual([{ id: '3', text: 'new' }, { id: '2', text: 'newer' }, { id: '0' }]);
});

test('what is put takes the place of what it was, or the head, and pushes the oldest over the cap', async () => {
  const { list } = paged([{ items: items('3', '2', '1') }], 4);
  await list.load();
  list.put({ id: '2', text: 'changed' });
  expect(list.state.value.items).toEqual([{ id: '3' }, { id: '2', text: 'changed' }, { id: '1' }]);
  list.put({ id: '4' });
  expect(list.state.value).toMatchObject({ items: items('4', '3', '2', '1'), isCut: false });
  list.put({ id: '5' });
  expect(ids(list)).toBe('5 4 3 2');
  expect(list.state.value.isCut).toBe(true);
  list.put({ id: '4', text: 'again' });
  expect(ids(list)).toBe('5 4 3 2');
  // It was cut once, and no change of an item makes it whole again.
  expect(list.state.value.isCut).toBe(true);
});

test('the answer of a reading before, late or refused, changes nothing', async () => {
  const { list, answer } = held();
  const first = list.load();
  const second = list.load();
  const third = list.load();
  expect([answer(0).signal.aborted, answer(1).signal.aborted, answer(2).signal.aborted]).toEqual([true, true, false]);
  answer(2).give({ items: items('new') });
  await third;
  const after = list.state.value;
  answer(0).give({ items: items('old'), next: '1' });
  answer(1).fail(new Error('aborted'));
  await Promise.all([first, second]);
  expect(list.state.value).toBe(after);
});

test('a failed reading keeps what was there and says why; the next one mends it; after close nothing changes', async () => {
  const { list, answer } = held();
  const reading = async (n: number, end: () => void) => {
    const loading = list.load();
    end();
    await loading;
    return [ids(list), list.state.value.loading, n] as const;
  };
  expect(await reading(0, () => answer(0).give({ items: items('1') }))).toEqual(['1', { kind: 'ready' }, 0]);
  expect(await reading(1, () => answer(1).fail(new Error('down')))).toEqual([
    '1',
    { kind: 'failed', reason: 'down' },
    1,
  ]);
  expect((await reading(2, () => answer(2).fail('no error object')))[1]).toEqual({
    kind: 'failed',
    reason: 'no error object',
  });
  expect(await reading(3, () => answer(3).give({ items: items('2') }))).toEqual(['2', { kind: 'ready' }, 3]);
  const before = list.state.value;
  const late = list.load();
  list.close();
  expect(answer(4).signal.aborted).toBe(true);
  answer(4).give({ items: items('3') });
  await late;
  expect(list.state.value).toBe(before);
});
