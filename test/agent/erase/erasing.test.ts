import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Places } from '../../../agent/erase/carry-out.ts';
import { createErasing } from '../../../agent/erase/erasing.ts';
import { openOrders } from '../../../agent/erase/orders.ts';
import type { EraseOrder } from '../../../shared/contract/messages/erase.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder } from '../../support/temp.ts';

const idOf = (n: number) => n.toString(16).padStart(32, '0');
const order = (n: number): EraseOrder => ({ id: idOf(n), stream: 'door', pictures: false });

/** A box whose places note what is asked of them. */
function box(folder = tempFolder()) {
  const clock = new ManualClock();
  const done: string[] = [];
  const state = { broken: false, changes: 0 };
  const places: Places = {
    async records() {
      if (state.broken) throw new Error('the disk takes nothing');
      done.push('records');
      return { records: 3, pictures: 0 };
    },
    samples() {
      done.push('samples');
      return 1;
    },
    memories: () => ['door', 'motor'],
    async forget(stream) {
      done.push(`forget ${stream}`);
    },
    unshow: (stream) => void done.push(`unshow ${stream}`),
  };
  const orders = openOrders(folder);
  const erasing = createErasing({
    orders,
    places,
    onChange: () => state.changes++,
    clock,
    log: createLogger('test', 'silent'),
  });
  return { folder, clock, done, state, orders, erasing };
}

const all = ['unshow door', 'samples', 'forget door', 'records'];
const erased = { records: 3, pictures: 0, samples: 1, memories: 1 };

test('an order of the hub is carried out once, and reported as long as the document names it', async () => {
  const { folder, clock, done, state, erasing } = box();
  erasing.start();
  erasing.onDesired([order(1)]);
  await clock.advance(5000);
  expect(done).toEqual(all);
  expect(erasing.report()).toEqual([{ id: idOf(1), state: 'done', erased }]);
  expect(state.changes).toBe(1);
  // The document comes with each connection.
  erasing.onDesired([order(1)]);
  await clock.advance(5000);
  expect(done).toEqual(all);
  await erasing.stop();
  // A restart knows the answer too.
  const again = box(folder);
  again.erasing.start();
  again.erasing.onDesired([order(1)]);
  await again.clock.advance(5000);
  expect(again.done).toEqual([]);
  expect(again.erasing.report()).toEqual([{ id: idOf(1), state: 'done', erased }]);
  again.erasing.onDesired([]);
  expect(again.erasing.report()).toEqual([]);
  expect(again.orders.answerTo(idOf(1))).toBeUndefined();
});

test('an order that came is on the disk: a start without a hub carries it out', async () => {
  const first = box();
  first.erasing.onDesired([order(1)]);
  const second = box(first.folder);
  second.erasing.start();
  await second.clock.advance(2000);
  expect(second.done).toEqual(all);
});

test('what fails is reported with its reason, and tried again until it succeeds', async () => {
  const { clock, done, state, erasing } = box();
  state.broken = true;
  erasing.start();
  erasing.onDesired([order(1)]);
  await clock.advance(5000);
  expect(erasing.report()).toEqual([{ id: idOf(1), state: 'failed', reason: 'the disk takes nothing' }]);
  expect(done.filter((what) => what === 'samples').length).toBe(1);
  await clock.advance(30_000);
  state.broken = false;
  await clock.advance(11_000);
  expect(erasing.report()).toEqual([{ id: idOf(1), state: 'done', erased }]);
});

test('an order of the command is found in the folder, and its answer is not told to the hub', async () => {
  const { folder, clock, orders, erasing, state } = box();
  erasing.start();
  erasing.onDesired([]);
  openOrders(folder).add({ ...order(2), by: 'command' });
  await clock.advance(2000);
  expect(orders.answerTo(idOf(2))).toEqual({ id: idOf(2), by: 'command', state: 'done', erased });
  expect(orders.waiting()).toEqual([]);
  expect(erasing.report()).toEqual([]);
  expect(state.changes).toBe(0);
  // A document of the hub does not take the answer away from the command.
  erasing.onDesired([]);
  expect(orders.answerTo(idOf(2))).toBeDefined();
});

test('files that are no orders are removed or left alone, and hinder none', async () => {
  const { folder, clock, done, erasing, orders } = box();
  mkdirSync(path.join(folder, 'erase'));
  writeFileSync(path.join(folder, 'erase', `${idOf(7)}.json`), '{"id": ');
  writeFileSync(path.join(folder, 'erase', `${idOf(8)}.json`), JSON.stringify({ ...order(9), by: 'command' }));
  writeFileSync(path.join(folder, 'erase', 'notes.txt'), 'x');
  orders.add({ ...order(3), by: 'command' });
  erasing.start();
  await clock.advance(2000);
  expect(done).toEqual(all);
  expect(existsSync(path.join(folder, 'erase', `${idOf(7)}.json`))).toBe(false);
  expect(existsSync(path.join(folder, 'erase', `${idOf(8)}.json`))).toBe(false);
  expect(existsSync(path.join(folder, 'erase', 'notes.txt'))).toBe(true);
});
