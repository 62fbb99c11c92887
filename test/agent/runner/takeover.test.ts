/** Who answers a stream while runners change and die: the supervisor with processes that fare as a test says. */
import { expect, test } from 'vitest';
import { until } from '../../support/until.ts';
import { end, type Fare, notesOf, puppetStream as stream } from './puppet.ts';
import { supervise } from './supervise.ts';

const WARM_MS = 1500;

test('a new model takes over: the old process says its last first, and from the frame after that the new one speaks', async () => {
  const { supervisor, clock, messages, assigned, answered, passing } = supervise();
  expect(await supervisor.apply([stream('a', 'good'), stream('b', 'good')])).toEqual([]);
  await answered('a', 'b');
  const [first, second] = supervisor.pids();
  messages.length = 0;
  const began = clock.mono();
  const applied = supervisor.apply([stream('a', 'good two'), stream('b', 'good')]);
  await until(() => supervisor.pids().length === 3, 'the new one warms up beside the old one');
  expect(await passing(applied, 100)).toEqual([]);
  // It looked for a while before it spoke; meanwhile the old one answered.
  expect(clock.mono() - began).toBeGreaterThanOrEqual(WARM_MS);
  expect(supervisor.pids()).toHaveLength(2);
  expect(supervisor.pids()).toContain(second);
  expect(supervisor.pids()).not.toContain(first);
  await until(() => notesOf(messages).length > 0, 'it speaks');
  expect(notesOf(messages)).toEqual([{ live: { a: 42 } }]);
  expect(messages.slice(0, 2)).toMatchObject([
    { type: 'status', stream: 'a', status: { state: 'starting' } },
    { type: 'status', stream: 'a', status: { state: 'running' } },
  ]);
  expect(assigned()).toEqual([]);
});

for (const [fare, reason] of [
  ['dies', 'the new runner ended with code 7'],
  ['dies warm', 'the new runner ended with code 7'],
  ['refused', 'stream "a" is refused: not this one'],
  ['mute', 'the new runner was not ready within 90 s'],
] as const satisfies readonly (readonly [Fare, string])[])
  test(`a new runner that is "${fare}" does not take over: the old one is not touched, and the others change all the same`, async () => {
    const { supervisor, messages, answered, passing, died, assigned } = supervise();
    await supervisor.apply([stream('a', 'good'), stream('b', 'good')]);
    await answered('a', 'b');
    const [first, second] = supervisor.pids();
    messages.length = 0;
    const applied = supervisor.apply([stream('a', fare), stream('b', 'good two')]);
    if (fare === 'dies warm') {
      // Time stands still until it has died of what it saw.
      await new Promise((resolve) => setImmediate(resolve));
      expect(supervisor.pids()).toHaveLength(3);
      await until(() => supervisor.pids().length === 2, 'it is dead');
    }
    const failed = await passing(applied);
    expect(failed).toEqual([{ streams: ['a'], reason }]);
    expect(died).toEqual([]);
    expect(supervisor.pids()).toHaveLength(2);
    expect(supervisor.pids()).toContain(first);
    expect(supervisor.pids()).not.toContain(second);
    // Nothing was heard of the one that failed, and the old one has not been asked for its last word.
    expect(messages.filter((m) => 'stream' in m && m.stream === 'a')).toEqual([]);
    // What the runner has is what it had: the same again changes nothing, another model is tried again.
    const before = supervisor.pids();
    expect(await supervisor.apply([stream('a', 'good'), stream('b', 'good two')])).toEqual([]);
    expect(supervisor.pids()).toEqual(before);
    expect(await passing(supervisor.apply([stream('a', 'good three'), stream('b', 'good two')]))).toEqual([]);
    expect(supervisor.pids()).not.toContain(first);
    await until(() => notesOf(messages).some((n) => JSON.stringify(n.live) === '{"a":42}'), 'it speaks');
    expect(assigned()).toEqual([]);
  });

test('a stream that was refused before is no reason against a new runner', async () => {
  const { supervisor, messages, passing } = supervise({ runners: 1 });
  await supervisor.apply([stream('a', 'refused'), stream('b', 'good')]);
  await until(() => messages.some((m) => m.type === 'status' && m.status.state === 'refused'), 'it is refused');
  expect(await passing(supervisor.apply([stream('a', 'refused two'), stream('b', 'good two')]))).toEqual([]);
});

test('streams of which the old one has no last frame go on from when it was asked', async () => {
  const { supervisor, clock, messages, answered, passing } = supervise({ runners: 1 });
  await supervisor.apply([stream('a', 'good'), stream('b', 'good')]);
  await answered('a', 'b');
  await clock.advance(5000);
  await passing(supervisor.apply([stream('a', 'good two'), stream('b', 'good two')]), 100);
  await until(() => notesOf(messages).some((n) => n.live), 'it speaks');
  const live = notesOf(messages).find((n) => n.live)?.live as Record<string, number>;
  expect(live.a).toBe(42);
  expect(live.b).toBeGreaterThanOrEqual(5000 + WARM_MS);
  expect(live.b).toBeLessThanOrEqual(clock.mono());
});

test('a runner that waits to be started again hands nothing over: the new model starts at once, and speaks at once', async () => {
  const { supervisor, clock, messages, died, assigned, answered } = supervise({ runners: 1 });
  await supervisor.apply([stream('a', 'good')]);
  await answered('a');
  supervisor.send('a', end('a', 'SIGKILL'));
  await until(() => died.length > 0, 'it dies');
  expect(died[0]).toEqual({
    streams: ['a'],
    code: 'runner-died',
    message: expect.stringMatching(/^runner 0 ended by SIGKILL; starting again in \d+ ms$/),
  });
  messages.length = 0;
  expect(await supervisor.apply([stream('a', 'good two')])).toEqual([]);
  await answered('a');
  expect(notesOf(messages)[1]).toEqual({ assigned: ['a=good two polite'], standby: false });
  await clock.advance(60_000);
  // The old one is not started again.
  expect(supervisor.pids()).toHaveLength(1);
  expect(assigned()).toHaveLength(1);
});

test('streams come and go: a runner takes up what is added as it is, ends with its last stream, and comes back for another', async () => {
  const { supervisor, messages, assigned, answered, died } = supervise({ runners: 2 });
  await supervisor.apply([stream('a', 'good')]);
  await answered('a');
  const [first] = supervisor.pids();
  await supervisor.apply([stream('a', 'good'), stream('b', 'good'), stream('c', 'good')]);
  await answered('b', 'c');
  expect(supervisor.pids()[0]).toBe(first);
  expect(supervisor.pids()).toHaveLength(2);
  // Another configuration of the same model is no other model.
  messages.length = 0;
  await supervisor.apply([stream('a', 'good', 'polite', 5), stream('b', 'good'), stream('c', 'good')]);
  await answered('a');
  expect(supervisor.pids()[0]).toBe(first);
  await supervisor.apply([stream('b', 'good')]);
  expect(supervisor.pids()).toHaveLength(1);
  expect(supervisor.pids()).not.toContain(first);
  messages.length = 0;
  await supervisor.apply([stream('b', 'good'), stream('d', 'good')]);
  await answered('d');
  expect(supervisor.pids()).toHaveLength(2);
  expect(assigned()).toEqual([['d=good polite']]);
  await supervisor.apply([]);
  expect(supervisor.pids()).toEqual([]);
  expect(died).toEqual([]);
});

test('several sets are carried out one after the other, also after one that failed', async () => {
  const { supervisor, passing, messages, answered } = supervise({ runners: 1 });
  await supervisor.apply([stream('a', 'good')]);
  await answered('a');
  const order: string[] = [];
  const bad = supervisor.apply([stream('a', 'dies')]).then((failed) => {
    order.push('bad');
    return failed;
  });
  const good = supervisor.apply([stream('a', 'good two')]).then((failed) => {
    order.push('good');
    return failed;
  });
  await passing(Promise.all([bad, good]));
  expect(await bad).toHaveLength(1);
  expect(await good).toEqual([]);
  expect(order).toEqual(['bad', 'good']);
  await until(() => notesOf(messages).some((n) => n.live), 'the second speaks');
});
