import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { askChild, NoAnswer } from '../../../shared/kit/ask-child.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { inheritedEnv } from '../../../shared/kit/inherited-env.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';

interface Order {
  readonly do: 'answer' | 'count' | 'exit' | 'kill' | 'hang' | 'take memory';
  readonly pidFile?: string;
}

/** A process that does what its order says. */
function askOptions(more: { signal?: AbortSignal } = {}) {
  const folder = tempFolder();
  const entry = path.join(folder, 'child.mjs');
  writeFileSync(
    entry,
    `import { writeFileSync } from 'node:fs';
    process.once('message', (order) => {
      if (order.pidFile) writeFileSync(order.pidFile, String(process.pid));
      if (order.do === 'answer') process.send({ cwd: process.cwd(), env: Object.keys(process.env), order });
      if (order.do === 'count') for (let n = 1; n <= 5; n++) process.send(n);
      if (order.do === 'take memory') globalThis.taken = Buffer.alloc(200 * 2 ** 20, 1);
      if (order.do === 'exit') process.exit(3);
      if (order.do === 'kill') process.kill(process.pid, 'SIGKILL');
    });
    setInterval(() => undefined, 1000);`,
  );
  const clock = new ManualClock();
  const pidFile = path.join(folder, 'pid');
  const begun = () => until(() => existsSync(pidFile), 'it has begun');
  return {
    clock,
    pidFile,
    begun,
    to: { entry, workDir: path.join(folder, 'a', 'b'), waitLimitMs: 60_000, clock, ...more },
  };
}

test('it gets the order in a folder and an environment of its own, and its first word is the answer', async () => {
  const { to } = askOptions();
  const order: Order = { do: 'answer' };
  const answer = await askChild<Order, { cwd: string; env: string[]; order: Order }>(order, to);
  expect(answer).toMatchObject({ cwd: to.workDir, order });
  const inherited = Object.keys(inheritedEnv());
  const own = answer.env.filter((key) => !key.startsWith('NODE_') && !inherited.includes(key));
  expect(own).toEqual(['MALLOC_ARENA_MAX']);
});

test('all that it says is heard until the answer, which is what the listener says it is', async () => {
  const { to } = askOptions();
  const received: number[] = [];
  const answer = await askChild<Order, number>({ do: 'count' }, to, (n) => {
    received.push(n);
    return n === 4;
  });
  expect(answer).toBe(4);
  expect(received.slice(0, 4)).toEqual([1, 2, 3, 4]);
});

test('one that ends without an answer, or does not answer in time, is told apart from other faults', async () => {
  const ended = askOptions();
  await expect(askChild<Order, unknown>({ do: 'exit' }, ended.to)).rejects.toEqual(
    new NoAnswer('ended with code 3 before it answered'),
  );
  const killed = askOptions();
  await expect(askChild<Order, unknown>({ do: 'kill' }, killed.to)).rejects.toThrow(
    'was killed by SIGKILL before it answered',
  );
  const hung = askOptions();
  const asked = askChild<Order, unknown>({ do: 'hang', pidFile: hung.pidFile }, hung.to);
  let failure: unknown;
  asked.catch((error: unknown) => {
    failure = error;
  });
  await hung.begun();
  await hung.clock.advance(59_999);
  expect(failure).toBeUndefined();
  await hung.clock.advance(1);
  await expect(asked).rejects.toEqual(new NoAnswer('did not answer within 60 s', 'late'));
});

test('an errand that is called off ends with the reason, and so does its process; one that was before is not begun', async () => {
  const abort = new AbortController();
  const { to, pidFile, begun } = askOptions({ signal: abort.signal });
  const asked = askChild<Order, unknown>({ do: 'hang', pidFile }, to);
  asked.catch(() => undefined);
  await begun();
  abort.abort(new Error('not wanted any more'));
  await expect(asked).rejects.toThrow('not wanted any more');
  const pid = Number(readFileSync(pidFile, 'utf8'));
  await until(() => !isAlive(pid), 'its process is gone');
  const late = askOptions({ signal: abort.signal });
  await expect(askChild<Order, unknown>({ do: 'answer' }, late.to)).rejects.toThrow('not wanted any more');
  expect(existsSync(late.to.workDir)).toBe(false);
});

test('its process ends when it has answered', async () => {
  const { to, pidFile } = askOptions();
  await askChild<Order, unknown>({ do: 'answer', pidFile }, to);
  const pid = Number(readFileSync(pidFile, 'utf8'));
  await until(() => !isAlive(pid), 'its process is gone');
});

test.skipIf(process.platform !== 'linux')('one that takes more memory than it may is ended, and told so', async () => {
  const { to } = askOptions();
  const asked = askChild<Order, unknown>({ do: 'take memory' }, { ...to, clock: systemClock, maxMb: 150 });
  await expect(asked).rejects.toEqual(new NoAnswer('took more than 150 MB of memory', 'too much memory'));
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
