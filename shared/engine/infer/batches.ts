/**
 * One session for all streams of a model: what is asked at one time, or while a run is going on, goes into the next run together,
 * as far as the graph's batch axis is free and the machine gains by it. Nobody waits for company: who comes alone runs alone.
 *
 * Invariants:
 * 1. One run at a time; `read` is called as soon as its run is done and before the next begins.
 * 2. Inputs are run in the order in which they were asked for; each gets what it would have got alone.
 * 3. A run that fails fails for each of its inputs, one that `read` refuses for itself alone.
 */
import type { Clock } from '../../kit/clock.ts';
import { CodedError } from '../../kit/errors.ts';
import type { OutputTensor, Session } from './session.ts';

export interface Batches {
  /**
   * @param input one input's floats, of `shape`
   * @param read takes what is of use out of the outputs, which hold no longer than this call
   * @returns what `read` returned, and the time that this input's share of the run took
   */
  run<T>(input: Float32Array, read: (outputs: readonly OutputTensor[]) => T): Promise<{ value: T; inferMs: number }>;
}

export interface BatchesOptions {
  /** Of one input; the first axis is the batch, and 1, where `most` is more than 1. */
  readonly shape: readonly number[];
  /** Most inputs of one run; 1 where the batch axis is not free. */
  readonly most: number;
  readonly clock: Clock;
}

interface Asked {
  readonly input: Float32Array;
  done(outputs: readonly OutputTensor[], inferMs: number): void;
  failed(error: unknown): void;
}

export function createBatches(session: Pick<Session, 'run'>, { shape, most, clock }: BatchesOptions): Batches {
  const asked: Asked[] = [];
  let running = false;
  let joined: Float32Array | undefined;

  const together = (batch: readonly Asked[]): Float32Array => {
    const size = batch[0]?.input.length ?? 0;
    joined ??= new Float32Array(size * most);
    for (const [index, { input }] of batch.entries()) joined.set(input, index * size);
    return joined.subarray(0, size * batch.length);
  };

  const runBatch = async (batch: readonly Asked[]) => {
    const [only] = batch;
    const start = clock.mono();
    try {
      const alone = batch.length === 1 && only !== undefined;
      const outputs = alone
        ? await session.run(only.input, shape)
        : await session.run(together(batch), [batch.length, ...shape.slice(1)]);
      const inferMs = (clock.mono() - start) / batch.length;
      for (const [index, one] of batch.entries()) one.done(part(outputs, index, batch.length), inferMs);
    } catch (error) {
      for (const one of batch) one.failed(error);
    }
  };

  const pump = async () => {
    running = true;
    // Who asks in the same turn is taken along.
    await Promise.resolve();
    while (asked.length > 0) await runBatch(asked.splice(0, most));
    running = false;
  };

  return {
    run(input, read) {
      return new Promise((resolve, reject) => {
        asked.push({
          input,
          done(outputs, inferMs) {
            try {
              resolve({ value: read(outputs), inferMs });
            } catch (error) {
              reject(error);
            }
          },
          failed: reject,
        });
        if (!running) void pump();
      });
    },
  };
}

/** One input's part of the outputs. */
function part(outputs: readonly OutputTensor[], index: number, count: number): readonly OutputTensor[] {
  if (count === 1) return outputs;
  return outputs.map(({ name, data, shape }) => {
    const [batch, ...rest] = shape;
    if (batch !== count) {
      throw new CodedError('model-failed', `output "${name}" is of ${batch} inputs, ${count} were given`);
    }
    const size = data.length / count;
    return { name, data: data.subarray(index * size, (index + 1) * size), shape: [1, ...rest] };
  });
}
