/** Which threads serve several runs, and which are ended. Vitest's own worker is replaced by one that does nothing but keep count. */
import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { PoolOptions, PoolWorker } from 'vitest/node';
import { KeptWorkers } from './kept-worker.ts';

class CountedWorker extends EventEmitter implements PoolWorker {
  readonly name = 'counted';
  readonly sent: string[] = [];
  starts = 0;
  stops = 0;

  send(message: { readonly type: string }): void {
    this.sent.push(message.type);
  }
  deserialize(data: unknown): unknown {
    return data;
  }
  async start(): Promise<void> {
    this.starts++;
  }
  async stop(): Promise<void> {
    this.stops++;
  }
}

function pool() {
  const made: CountedWorker[] = [];
  const workers = new KeptWorkers(() => {
    const worker = new CountedWorker();
    made.push(worker);
    return worker;
  });
  /** One run up to its end: what it heard. */
  const run = async (end: 'in order' | 'by force') => {
    const heard: unknown[] = [];
    const worker = workers.createPoolWorker({} as PoolOptions);
    await worker.start();
    worker.on('message', (message) => heard.push(message));
    worker.send({ type: 'cancel', __vitest_worker_request__: true });
    made.at(-1)?.emit('message', 'a result');
    if (end === 'in order') worker.send({ type: 'stop', __vitest_worker_request__: true });
    await worker.stop();
    return heard;
  };
  return { workers, made, run };
}

describe('a worker thread', () => {
  it('serves the next run when a run has ended in order, and does not hear of the end', async () => {
    const { made, run } = pool();
    const stopped = { type: 'stopped', __vitest_worker_response__: true };
    expect(await run('in order')).toEqual(['a result', stopped]);
    expect(await run('in order')).toEqual(['a result', stopped]);
    expect(made.map(({ starts, stops, sent }) => ({ starts, stops, sent }))).toEqual([
      { starts: 1, stops: 0, sent: ['cancel', 'cancel'] },
    ]);
    expect(made[0]?.listenerCount('message')).toBe(0);
  });

  it('is ended after a run that was ended by force', async () => {
    const { made, run } = pool();
    await run('by force');
    await run('in order');
    expect(made.map(({ stops }) => stops)).toEqual([1, 0]);
  });

  it('is not used again when it ended by itself', async () => {
    const { workers, made, run } = pool();
    const worker = workers.createPoolWorker({} as PoolOptions);
    await worker.start();
    made[0]?.emit('exit', 1);
    worker.send({ type: 'stop', __vitest_worker_request__: true });
    await worker.stop();
    await run('in order');
    expect(made).toHaveLength(2);
  });

  it('does not wait beside another one', async () => {
    const { workers, made } = pool();
    const both = [workers.createPoolWorker({} as PoolOptions), workers.createPoolWorker({} as PoolOptions)];
    for (const worker of both) await worker.start();
    for (const worker of both) {
      worker.send({ type: 'stop', __vitest_worker_request__: true });
      await worker.stop();
    }
    expect(made.map(({ stops }) => stops)).toEqual([0, 1]);
    await workers.end();
    expect(made.map(({ stops }) => stops)).toEqual([1, 1]);
  });
});
