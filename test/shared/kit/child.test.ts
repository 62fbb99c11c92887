import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Backoff } from '../../../shared/kit/backoff.ts';
import { type ChildExit, type ChildOptions, createChild } from '../../../shared/kit/child.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { until } from '../../support/until.ts';

type Message = Record<string, unknown>;

/** A backoff that counts what is asked of it. */
class CountingBackoff implements Backoff {
  tries = 0;
  resets = 0;
  next() {
    return 1000 * ++this.tries;
  }
  reset() {
    this.resets++;
    this.tries = 0;
  }
}

function start(options: Partial<ChildOptions<Message>> = {}) {
  const clock = new ManualClock();
  const seen: string[] = [];
  const messages: Message[] = [];
  const exits: ChildExit[] = [];
  const child = createChild<Message, Message>({
    entry: path.join(import.meta.dirname, 'echo-child.js'),
    env: { ONLY: 'this' },
    cwd: import.meta.dirname,
    clock,
    onStart: () => seen.push('start'),
    onMessage: (message) => {
      seen.push(Object.keys(message)[0] ?? '');
      messages.push(message);
    },
    onExit: (exit) => {
      seen.push('exit');
      exits.push(exit);
    },
    ...options,
  });
  onTestFinished(async () => {
    const { pid } = child;
    if (pid !== undefined && isAlive(pid)) process.kill(pid, 'SIGKILL');
    await child.stop();
  });
  child.start();
  return { child, clock, seen, messages, exits };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const hello = (seen: readonly string[], times = 1) =>
  until(() => seen.filter((what) => what === 'hello').length === times, `hello ${times}`);

test('a child gets its arguments, flags, folder and only the environment that it is given; messages go both ways', async () => {
  const { child, seen, messages } = start({ args: () => ['quiet', '--x'], flags: ['--no-warnings'] });
  await hello(seen);
  const { args, env, cwd, flags } = (messages[0]?.hello ?? {}) as Record<string, unknown>;
  expect({ args, cwd }).toEqual({ args: ['quiet', '--x'], cwd: import.meta.dirname });
  expect(flags).toContain('--no-warnings');
  expect(env).toMatchObject({ ONLY: 'this' });
  expect(env).not.toHaveProperty('PATH');
  expect(child.send({ bytes: Uint8Array.of(1, 2), n: 1n })).toBe(true);
  await until(() => messages.length === 2, 'the echo');
  expect(messages[1]).toEqual({ echo: { bytes: Uint8Array.of(1, 2), n: 1n } });
  expect(child.pid).toBeGreaterThan(1);
  expect(seen).toEqual(['start', 'hello', 'echo']);
});

test('stop asks first: the child says its last, and later calls change nothing', async () => {
  const { child, seen, exits, clock } = start({ restart: new CountingBackoff() });
  await hello(seen);
  const { pid = 0 } = child;
  await Promise.all([child.stop(), child.stop()]);
  expect(isAlive(pid)).toBe(false);
  expect(seen.slice(0, 2)).toEqual(['start', 'hello']);
  expect(seen.at(-1)).toBe('exit');
  expect(exits).toEqual([{ code: 0, signal: null, wanted: true, restartMs: undefined }]);
  expect(child.send({ n: 1 })).toBe(false);
  expect(child.pid).toBeUndefined();
  child.renew();
  await clock.advance(1e6);
  await child.stop();
  expect(exits).toHaveLength(1);
});

test('a child that does not hear is killed after its grace, not before', async () => {
  const { child, seen, exits, clock } = start({ args: () => ['deaf'], graceMs: 700 });
  await hello(seen);
  const stopped = child.stop();
  await clock.advance(699);
  child.send({ still: true });
  await until(() => seen.includes('echo'), 'it is still there');
  await clock.advance(1);
  await stopped;
  expect(exits).toEqual([{ code: null, signal: 'SIGKILL', wanted: true, restartMs: undefined }]);
});

test('one that dies comes back after its backoff; one that lived long enough begins a fresh one', async () => {
  const restart = new CountingBackoff();
  const { child, seen, exits, clock } = start({ restart, healthyMs: 5000 });
  for (let round = 1; round <= 3; round++) {
    await hello(seen, round);
    if (round === 3) await clock.advance(5000);
    else await clock.advance(4999);
    child.send({ die: 3 });
    await until(() => exits.length === round, `exit ${round}`);
    const wait = round === 3 ? 1000 : round * 1000;
    expect(exits.at(-1)).toEqual({ code: 3, signal: null, wanted: false, restartMs: wait });
    expect(restart.resets).toBe(round === 3 ? 1 : 0);
    expect(child.pid).toBeUndefined();
    await clock.advance(wait - 1);
    expect(seen.filter((what) => what === 'start')).toHaveLength(round);
    await clock.advance(1);
    expect(seen.filter((what) => what === 'start')).toHaveLength(round + 1);
  }
});

test('without a backoff a child that dies stays dead', async () => {
  const { child, seen, exits, clock } = start();
  await hello(seen);
  child.send({ die: 0 });
  await until(() => exits.length === 1, 'exit');
  await clock.advance(1e6);
  expect(exits).toEqual([{ code: 0, signal: null, wanted: false, restartMs: undefined }]);
  expect(seen).toEqual(['start', 'hello', 'exit']);
});

test('renew ends it in order and starts a fresh one at once, once, and costs no try of the backoff', async () => {
  const restart = new CountingBackoff();
  const { child, seen, exits, clock } = start({ restart });
  await hello(seen);
  const { pid: first } = child;
  child.renew();
  child.renew();
  await until(() => exits.length === 1, 'exit');
  expect(exits).toEqual([{ code: 0, signal: null, wanted: true, restartMs: 0 }]);
  await clock.advance(0);
  await hello(seen, 2);
  expect(child.pid).not.toBe(first);
  expect(restart.tries).toBe(0);
  // The killing of the first one is called off.
  await clock.advance(1e6);
  child.send({ n: 2 });
  await until(() => seen.includes('echo'), 'the second is well');
  // It dies by itself afterwards: not wanted any more.
  child.send({ die: 1 });
  await until(() => exits.length === 2, 'second exit');
  expect(exits[1]).toEqual({ code: 1, signal: null, wanted: false, restartMs: 1000 });
});

test('stop while it waits for its next start, or while it is renewed: none comes back', async () => {
  const waiting = start({ restart: new CountingBackoff() });
  await hello(waiting.seen);
  waiting.child.send({ die: 1 });
  await until(() => waiting.exits.length === 1, 'exit');
  await waiting.child.stop();
  await waiting.clock.advance(1e6);
  expect(waiting.seen.filter((what) => what === 'start')).toHaveLength(1);

  const renewed = start({ restart: new CountingBackoff() });
  await hello(renewed.seen);
  renewed.child.renew();
  await renewed.child.stop();
  expect(renewed.exits).toEqual([{ code: 0, signal: null, wanted: true, restartMs: undefined }]);
  await renewed.clock.advance(1e6);
  expect(renewed.seen.filter((what) => what === 'start')).toHaveLength(1);
});

test('stop out of onExit: nothing is started again', async () => {
  const made = start({
    restart: new CountingBackoff(),
    onExit: () => void made.child.stop(),
  });
  await hello(made.seen);
  made.child.send({ die: 1 });
  await until(() => made.child.pid === undefined, 'gone');
  await made.clock.advance(1e6);
  expect(made.seen.filter((what) => what === 'start')).toHaveLength(1);
});
