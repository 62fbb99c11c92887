import { EventEmitter } from 'node:events';
import { getPriority } from 'node:os';
import { expect, test } from 'vitest';
import { answerOnce, type Host, type Manners, type Work } from '../../../shared/kit/answer-once.ts';

/** A process as far as it is spoken to: what it sends, and that it ends, in order. */
function processOf<Order>(work: Work<Order, object>, manners: Partial<Manners<object>> = {}) {
  const events = new EventEmitter();
  const did: unknown[] = [];
  const host: Host<Order> = {
    once: (event, listener) => void events.once(event, listener),
    send(message, sent) {
      did.push(message);
      setImmediate(sent);
    },
    exit: (code) => void did.push(`exit ${code}`),
  };
  answerOnce(work, { fault: (fault) => ({ fault }), nice: false, ...manners }, host);
  const nextTurn = async () => {
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  return { events, did, nextTurn };
}

test('it answers its one order, tells how far it is before, and ends when the answer has left', async () => {
  const { events, did, nextTurn } = processOf<number>(async (order, send) => {
    send({ half: order / 2 });
    return { whole: order };
  });
  expect(did).toEqual([]);
  events.emit('message', 10);
  events.emit('message', 20);
  await nextTurn();
  expect(did).toEqual([{ half: 5 }, { whole: 10 }, 'exit 0']);
});

test('work that throws is an answer too', async () => {
  const { events, did, nextTurn } = processOf(async () => {
    throw new Error('no memory');
  });
  events.emit('message', {});
  await nextTurn();
  expect(did).toEqual([{ fault: 'no memory' }, 'exit 0']);
});

test('without its parent it ends, whatever it does', async () => {
  const { events, did, nextTurn } = processOf(() => new Promise<object>(() => undefined));
  events.emit('message', {});
  events.emit('disconnect');
  await nextTurn();
  expect(did).toEqual(['exit 0']);
});

test('a process that is not asked to be nice keeps its priority', async () => {
  const before = getPriority();
  const { events, nextTurn } = processOf(async () => ({}));
  events.emit('message', {});
  await nextTurn();
  expect(getPriority()).toBe(before);
});
