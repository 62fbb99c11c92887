import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Assignment, FromRunner } from '../../../agent/runner/messages.ts';
import { createRunnerProcess, type RunnerProcessOptions } from '../../../agent/runner/process.ts';
import type { ChildExit } from '../../../shared/kit/child.ts';
import { inheritedEnv } from '../../../shared/kit/inherited-env.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';
import { end, notesOf, puppetStream, weigh, writePuppet } from './puppet.ts';

function runnerOf(assignments: readonly Assignment[], options: Partial<RunnerProcessOptions> = {}) {
  const clock = new ManualClock();
  const messages: FromRunner[] = [];
  const deaths: (ChildExit & { readonly why?: string })[] = [];
  const memory: number[] = [];
  const cwd = path.join(tempFolder(), 'work', 'runner');
  const runner = createRunnerProcess({
    entry: writePuppet(),
    cwd,
    restart: true,
    standby: false,
    assignments,
    thresholds: () => ({}),
    expected: assignments.length,
    clock,
    onMessage: (message) => messages.push(message),
    onMemory: (rssMb) => memory.push(rssMb),
    onDied: (exit, why) => deaths.push(why === undefined ? exit : { ...exit, why }),
    ...options,
  });
  onTestFinished(async () => {
    const stopped = runner.stop();
    await clock.advance(10_000);
    await stopped;
  });
  return { runner, clock, messages, deaths, memory, cwd };
}

const assigned = (messages: readonly FromRunner[]) =>
  notesOf(messages).flatMap((n) => (n.assigned ? [n.assigned] : []));

test('it runs in a folder of its own with an environment of its own, and is told what to do first', async () => {
  const { runner, messages, cwd } = runnerOf([puppetStream('a', 'good')], { expected: 3 });
  expect(runner.pid).toBeUndefined();
  runner.start();
  await until(() => messages.some((m) => m.type === 'ready' || m.type === 'status'), 'it speaks');
  const [self, first] = notesOf(messages);
  expect(self).toMatchObject({ env: { MALLOC_ARENA_MAX: '2', UV_THREADPOOL_SIZE: '11' }, cwd });
  expect(
    Object.keys(self?.env as object)
      .sort()
      .filter((k) => !k.startsWith('NODE_') && !Object.keys(inheritedEnv()).includes(k)),
  ).toEqual(['MALLOC_ARENA_MAX', 'UV_THREADPOOL_SIZE']);
  expect(first).toEqual({ assigned: ['a=good polite'], standby: false });
  const many = runnerOf([puppetStream('a', 'good')], { expected: 1000 });
  many.runner.start();
  await until(() => many.messages.length > 0, 'it speaks');
  expect(notesOf(many.messages)[0]).toMatchObject({ env: { UV_THREADPOOL_SIZE: '128' } });
});

test('on standby nothing of it is heard but memory and whether it is ready; when live, its statuses first', async () => {
  const { runner, messages, memory } = runnerOf([puppetStream('a', 'good'), puppetStream('b', 'refused')], {
    standby: true,
  });
  runner.start();
  await runner.ready(1000);
  runner.send(weigh('a', 70));
  await until(() => memory.includes(70), 'its memory');
  expect(messages).toEqual([]);
  expect([...runner.refusals()]).toEqual([['b', 'not this one']]);
  runner.live({ a: 5 });
  expect(messages).toMatchObject([
    // What the process before it gave is no sign of this one.
    { type: 'status', stream: 'a', status: { state: 'starting' } },
    { type: 'status', stream: 'a', status: { state: 'running' } },
    { type: 'status', stream: 'b', status: { state: 'starting' } },
    { type: 'status', stream: 'b', status: { state: 'refused' } },
  ]);
  await until(() => messages.length > 4, 'it speaks');
  expect(notesOf(messages).filter((n) => n.weighed === undefined)).toEqual([{ live: { a: 5 } }]);
});

test('ready: when each stream is ready or refused; not in time, and death, say so', async () => {
  const ready = runnerOf([puppetStream('a', 'good'), puppetStream('b', 'mute')], { standby: true });
  ready.runner.start();
  let failure: unknown;
  const waiting = ready.runner.ready(3000).catch((error: unknown) => {
    failure = error;
  });
  ready.runner.send(weigh('a', 1));
  await until(() => ready.memory.length > 0, 'it has said all');
  await ready.clock.advance(2999);
  expect(failure).toBeUndefined();
  await ready.clock.advance(1);
  await waiting;
  expect(failure).toEqual(new Error('the new runner was not ready within 3 s'));

  const dead = runnerOf([puppetStream('a', 'dies')], { standby: true });
  dead.runner.start();
  await expect(dead.runner.ready(3000)).rejects.toThrow('the new runner ended with code 7');
  await dead.clock.advance(120_000);
  expect(dead.runner.pid).toBeUndefined();
  expect(dead.deaths).toEqual([]);

  // Ready once, and dead since.
  const warm = runnerOf([puppetStream('a', 'dies warm')], { standby: true });
  warm.runner.start();
  await warm.runner.ready(3000);
  await until(() => warm.runner.pid === undefined, 'it dies');
  await expect(warm.runner.ready(0)).rejects.toThrow('the new runner ended with code 7');
  expect(warm.deaths).toEqual([]);
});

test('a process that is started again gets the assignments of now, and what the one before said holds no more', async () => {
  const { runner, clock, messages, deaths } = runnerOf([puppetStream('a', 'refused')]);
  runner.start();
  await until(() => runner.refusals().size > 0, 'it is refused');
  runner.send(end('a', 'SIGKILL'));
  await until(() => deaths.length > 0, 'it dies');
  expect(deaths[0]).toMatchObject({ code: null, signal: 'SIGKILL', wanted: false });
  expect(deaths[0]?.restartMs).toBeLessThanOrEqual(500);
  const next = [puppetStream('a', 'good'), puppetStream('b', 'good')];
  runner.assign(next);
  expect(runner.assignments).toEqual(next);
  await clock.advance(500);
  await until(() => assigned(messages).length > 1, 'it is started again');
  expect(assigned(messages)).toEqual([['a=refused polite'], ['a=good polite', 'b=good polite']]);
  await until(() => messages.filter((m) => m.type === 'status').length > 2, 'it runs');
  expect(runner.refusals().size).toBe(0);
  runner.assign([puppetStream('b', 'good')]);
  await until(() => assigned(messages).length > 2, 'it takes them up as it is');
  expect(deaths).toHaveLength(1);
});

test('drained: the last frame of each stream, of a process that died before and was started again too', async () => {
  const { runner, clock, deaths, messages } = runnerOf([puppetStream('a', 'good'), puppetStream('b', 'good')]);
  runner.start();
  await until(() => assigned(messages).length > 0, 'it runs');
  runner.send(end('a', 3));
  await until(() => deaths.length > 0, 'it dies');
  await clock.advance(500);
  await until(() => assigned(messages).length > 1, 'it runs again');
  expect([...(await runner.drain())]).toEqual([
    ['a', 42],
    ['b', undefined],
  ]);
  await runner.stop();
  expect(deaths).toHaveLength(1);
  expect(runner.pid).toBeUndefined();
});

test('drained: nothing of one that ends without a word, or does not end for six seconds', async () => {
  const silent = runnerOf([puppetStream('a', 'good', 'silent')]);
  silent.runner.start();
  await until(() => assigned(silent.messages).length > 0, 'it runs');
  expect((await silent.runner.drain()).size).toBe(0);

  const deaf = runnerOf([puppetStream('a', 'good', 'deaf')]);
  deaf.runner.start();
  await until(() => assigned(deaf.messages).length > 0, 'it runs');
  let drained: ReadonlyMap<string, number | undefined> | undefined;
  const draining = deaf.runner.drain().then((map) => {
    drained = map;
  });
  await deaf.clock.advance(5999);
  expect(drained).toBeUndefined();
  expect(deaf.runner.pid).toBeDefined();
  await deaf.clock.advance(1);
  await draining;
  expect(drained?.size).toBe(0);
  await until(() => deaf.runner.pid === undefined, 'it is killed');
  expect(deaf.deaths).toEqual([]);
});

test('one that is renewed or stopped has not died', async () => {
  const { runner, clock, messages, deaths } = runnerOf([puppetStream('a', 'good')]);
  runner.start();
  await until(() => assigned(messages).length > 0, 'it runs');
  const { pid } = runner;
  runner.renew();
  await until(() => runner.pid === undefined, 'it ends');
  await clock.advance(0);
  await until(() => assigned(messages).length > 1, 'another runs');
  expect(runner.pid).not.toBe(pid);
  await runner.stop();
  expect(deaths).toEqual([]);
});

test('where it may not be started again it stays dead, and its death is told', async () => {
  const { runner, clock, deaths } = runnerOf([puppetStream('a', 'dies')], { restart: false });
  runner.start();
  await until(() => deaths.length > 0, 'it dies');
  expect(deaths).toEqual([{ code: 7, signal: null, wanted: false, restartMs: undefined }]);
  await clock.advance(60_000);
  expect(runner.pid).toBeUndefined();
});

test('one that hangs, which nothing but its silence shows, is ended and started again; one that speaks is not', async () => {
  const { runner, clock, messages, memory, deaths } = runnerOf([puppetStream('a', 'good')]);
  runner.start();
  await until(() => assigned(messages).length > 0, 'it runs');
  // It has not said its memory yet: it may be loading.
  await clock.advance(590_000);
  const { pid } = runner;
  for (const said of [1, 2, 3]) {
    runner.send(weigh('a', said));
    await until(() => notesOf(messages).some((note) => note.weighed === said), 'it speaks');
    await clock.advance(110_000);
  }
  expect(memory).toEqual([1, 2, 3]);
  expect(runner.pid).toBe(pid);
  process.kill(pid ?? 0, 'SIGSTOP');
  await clock.advance(10_000);
  await until(() => deaths.length > 0, 'it is ended');
  expect(deaths).toEqual([
    expect.objectContaining({ signal: 'SIGKILL', wanted: false, why: 'it hung: it said nothing for 120 s' }),
  ]);
  await clock.advance(500);
  await until(() => assigned(messages).length > 1, 'it is started again');
});

test('one that hangs while it loads is ended too, later', async () => {
  const { runner, clock, messages, deaths } = runnerOf([puppetStream('a', 'mute')]);
  runner.start();
  await until(() => assigned(messages).length > 0, 'it has its orders');
  runner.send(weigh('a', 1));
  await until(() => notesOf(messages).some((note) => note.weighed === 1), 'it speaks');
  await clock.advance(590_000);
  expect(deaths).toEqual([]);
  await clock.advance(10_000);
  await until(() => deaths.length > 0, 'it is ended');
  expect(deaths[0]?.why).toBe('it hung: it said nothing for 600 s');
});
