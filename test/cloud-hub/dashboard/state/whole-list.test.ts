import { expect, test } from 'vitest';
import type { Page } from '../../../../cloud-hub/dashboard/state/api.ts';
import { WholeList } from '../../../../cloud-hub/dashboard/state/whole-list.ts';

interface Item {
  readonly id: string;
  readonly text?: string;
}

test('pages are put together, up to the cap', async () => {
  const pages: Page<Item>[] = [{ items: [{ id: '3' }, { id: '2' }], next: '2' }, { items: [{ id: '1' }] }];
  const list = new WholeList<Item>(async (cursor) => pages[cursor === undefined ? 0 : 1] ?? { items: [] }, 10);
  await list.load();
  expect(list.state.value).toEqual({
    items: [{ id: '3' }, { id: '2' }, { id: '1' }],
    isCut: false,
    loading: { kind: 'ready' },
  });
  const short = new WholeList<Item>(async (cursor) => pages[cursor === undefined ? 0 : 1] ?? { items: [] }, 2);
  await short.load();
  expect(short.state.value).toMatchObject({ items: [{ id: '3' }, { id: '2' }], isCut: true });
});

test('a reading takes changed and deleted items over; what was put meanwhile stays', async () => {
  let answer: (page: Page<Item>) => void = () => undefined;
  const fetchPage = () =>
    new Promise<Page<Item>>((resolve) => {
      answer = resolve;
    });
  const list = new WholeList<Item>(fetchPage, 10);
  const first = list.load();
  answer({ items: [{ id: '2' }, { id: '1' }] });
  await first;
  const second = list.load();
  list.put({ id: '2', text: 'newer' });
  list.put({ id: '3', text: 'new' });
  answer({ items: [{ id: '2', text: 'read' }] });
  await second;
  expect(list.state.value.items).toEqual([
    { id: '3', text: 'new' },
    { id: '2', text: 'newer' },
  ]);
});

test('a failed reading keeps what was there; a late answer changes nothing', async () => {
  let isDown = false;
  const list = new WholeList<Item>(async () => {
    if (isDown) throw new Error('down');
    return { items: [{ id: '1' }] };
  }, 10);
  await list.load();
  isDown = true;
  await list.load();
  expect(list.state.value).toMatchObject({ items: [{ id: '1' }], loading: { kind: 'failed', reason: 'down' } });
  isDown = false;
  const before = list.state.value;
  const late = list.load();
  list.close();
  await late;
  expect(list.state.value).toBe(before);
});
