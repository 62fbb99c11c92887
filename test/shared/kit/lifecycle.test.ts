import { expect, test } from 'vitest';
import { type Part, startAll } from '../../../shared/kit/lifecycle.ts';

function part(name: string, log: string[], fails: 'start' | 'stop' | 'never' = 'never'): Part {
  return {
    async start() {
      log.push(`start ${name}`);
      if (fails === 'start') throw new Error(`${name} cannot start`);
    },
    async stop() {
      log.push(`stop ${name}`);
      if (fails === 'stop') throw new Error(`${name} cannot stop`);
    },
  };
}

test('parts start in order and stop in reverse, once', async () => {
  const log: string[] = [];
  const stop = await startAll([part('a', log), part('b', log), { stop: () => void log.push('stop c') }]);
  await Promise.all([stop(), stop()]);
  expect(log).toEqual(['start a', 'start b', 'stop c', 'stop b', 'stop a']);
});

test('when one cannot start, those before it and itself are stopped, and its failure is thrown', async () => {
  const log: string[] = [];
  const parts = [part('a', log, 'stop'), part('b', log, 'start'), part('c', log)];
  await expect(startAll(parts)).rejects.toThrow('b cannot start');
  expect(log).toEqual(['start a', 'start b', 'stop b', 'stop a']);
});

test('one that cannot stop does not keep the others from it, and its failure is reported', async () => {
  const log: string[] = [];
  const stop = await startAll([part('a', log), part('b', log, 'stop')]);
  await expect(stop()).rejects.toThrow('b cannot stop');
  expect(log).toEqual(['start a', 'start b', 'stop b', 'stop a']);
});

test('of several failures the first that happened is thrown, after every part was asked; a second call gives it again', async () => {
  const log: string[] = [];
  const stop = await startAll([part('a', log, 'stop'), part('b', log), part('c', log, 'stop')]);
  await expect(stop()).rejects.toThrow('c cannot stop');
  await expect(stop()).rejects.toThrow('c cannot stop');
  expect(log.slice(3)).toEqual(['stop c', 'stop b', 'stop a']);
});

test('each part is started only when the one before it is, and stopped only when the one after it is', async () => {
  const log: string[] = [];
  const slow = (name: string): Part => ({
    async start() {
      log.push(`start ${name}`);
      await new Promise((resolve) => setImmediate(resolve));
      log.push(`started ${name}`);
    },
    async stop() {
      log.push(`stop ${name}`);
      await new Promise((resolve) => setImmediate(resolve));
      log.push(`stopped ${name}`);
    },
  });
  const stop = await startAll([slow('a'), slow('b')]);
  await stop();
  expect(log).toEqual(['start a', 'started a', 'start b', 'started b', 'stop b', 'stopped b', 'stop a', 'stopped a']);
  expect(await (await startAll([]))()).toBeUndefined();
});
