/** Processes that grow, are started ahead, are asked for something, and end. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';
import { end, notesOf, puppetStream as stream, weigh } from './puppet.ts';
import { supervise } from './supervise.ts';

test('a runner over its budget is renewed, told of, and not again within a minute; one that comes or goes is left alone', async () => {
  const { supervisor, clock, recycled, messages, answered, died, passing } = supervise({ runners: 1, memoryMb: 100 });
  await supervisor.apply([stream('a', 'good'), stream('b', 'good')]);
  await answered('a', 'b');
  const received = () => notesOf(messages).filter((n) => n.weighed !== undefined).length;
  const weighed = async (rssMb: number) => {
    const before = received();
    supervisor.send('a', weigh('a', rssMb));
    await until(() => received() > before, 'it is weighed');
  };
  await weighed(100);
  expect(recycled).toEqual([]);
  const [first] = supervisor.pids();
  await weighed(101);
  await until(() => !supervisor.pids().includes(first ?? 0), 'it ends');
  expect(recycled).toEqual([
    { streams: ['a', 'b'], message: 'runner 0 uses 101 MB of memory, more than the 100 MB allowed; it is restarted' },
  ]);
  messages.length = 0;
  await clock.advance(0);
  await answered('a');
  await weighed(500);
  await clock.advance(59_000);
  await weighed(500);
  expect(recycled).toHaveLength(1);
  await clock.advance(1000);
  // A second episode.
  await weighed(500);
  expect(recycled).toHaveLength(2);
  await until(() => supervisor.pids().length === 0, 'it ends');
  messages.length = 0;
  await clock.advance(0);
  await answered('a');
  await clock.advance(60_000);
  // A new one takes over: what the old one takes is over soon.
  const applied = supervisor.apply([stream('a', 'good two'), stream('b', 'good two')]);
  await until(() => supervisor.pids().length === 2, 'both live');
  await weighed(500);
  expect(recycled).toHaveLength(2);
  await passing(applied);
  expect(died).toEqual([]);
});

test('the streams of a runner that is renewed are those that it has now', async () => {
  const { supervisor, recycled, answered } = supervise({ runners: 1, memoryMb: 100 });
  await supervisor.apply([stream('a', 'good')]);
  await supervisor.apply([stream('a', 'good'), stream('b', 'good')]);
  await answered('a', 'b');
  supervisor.send('b', weigh('b', 101));
  await until(() => recycled.length > 0, 'it is renewed');
  expect(recycled[0]?.streams).toEqual(['a', 'b']);
});

test('a runner that waits for its restart, and is replaced, does not start again', async () => {
  const { supervisor, clock, died, answered, assigned } = supervise({ runners: 2 });
  await supervisor.apply([stream('a', 'good')]);
  await answered('a');
  supervisor.send('a', end('a', 5));
  await until(() => died.length > 0, 'it ends');
  await supervisor.apply([stream('a', 'good two')]);
  await until(() => assigned().flat().includes('a=good two polite'), 'the new one has the stream');
  await clock.advance(60_000);
  // A process that is started later answers later.
  await supervisor.apply([stream('a', 'good two'), stream('b', 'good')]);
  await answered('b');
  expect(assigned().flat().toSorted()).toEqual(['a=good polite', 'a=good two polite', 'b=good polite']);
});

test('without a budget nothing is too much', async () => {
  const { supervisor, messages, recycled, answered } = supervise({ runners: 1 });
  await supervisor.apply([stream('a', 'good')]);
  await answered('a');
  supervisor.send('a', weigh('a', 1e9));
  await until(() => notesOf(messages).some((n) => n.weighed === 1e9), 'it is weighed');
  expect(recycled).toEqual([]);
});

test('a wish goes to the runner that has the stream, and to nobody for a stream that nobody has', async () => {
  const { supervisor, answered, died } = supervise({ runners: 2, restart: false });
  await supervisor.apply([stream('a', 'good'), stream('b', 'good')]);
  await answered('a', 'b');
  supervisor.send('nobody', end('nobody', 5));
  supervisor.send('b', end('b', 6));
  await until(() => died.length > 0, 'it ends');
  expect(died).toEqual([{ streams: ['b'], code: 'runner-died', message: 'runner 1 ended with code 6' }]);
});

test('processes are started ahead for as many streams as there are, and not for a folder that cannot be', async () => {
  const few = supervise({ runners: 4 });
  few.supervisor.warm(2);
  expect(few.supervisor.pids()).toHaveLength(2);
  const many = supervise({ runners: 2 });
  many.supervisor.warm(5);
  many.supervisor.warm(5);
  expect(many.supervisor.pids()).toHaveLength(2);
  await until(() => notesOf(many.messages).filter((n) => n.env).length > 1, 'they live');
  for (const { env } of notesOf(many.messages).filter((n) => n.env))
    expect(env).toMatchObject({ UV_THREADPOOL_SIZE: '11' });
  const [warm] = many.supervisor.pids();
  await many.supervisor.apply([stream('a', 'good')]);
  expect(many.supervisor.pids()).toEqual([warm]);

  const workDir = path.join(tempFolder(), 'file');
  writeFileSync(workDir, '');
  const nowhere = supervise({ workDir });
  nowhere.supervisor.warm(2);
  expect(nowhere.supervisor.pids()).toEqual([]);
  expect(await nowhere.supervisor.apply([stream('a', 'good')])).toEqual([
    { streams: ['a'], reason: expect.stringMatching(/ENOTDIR|EEXIST/) },
  ]);
});

test('to stop ends the new one too while it warms up, and changes nothing more', async () => {
  const { supervisor, answered, died } = supervise({ runners: 2 });
  await supervisor.apply([stream('a', 'good'), stream('b', 'good')]);
  await answered('a', 'b');
  const pids = supervisor.pids();
  const applied = supervisor.apply([stream('a', 'mute two'), stream('b', 'good two')]);
  await until(() => supervisor.pids().length === 3, 'it warms up');
  await supervisor.stop();
  expect(supervisor.pids()).toEqual([]);
  expect(pids).toHaveLength(2);
  // The second runner was not changed any more: nothing new was begun.
  expect(await applied).toEqual([{ streams: ['a'], reason: expect.stringMatching(/the new runner ended/) }]);
  expect(died).toEqual([]);
});
