/** Decode threads for parts that run in the test's own process: a thread runs the built file. */
import { Worker } from 'node:worker_threads';
import { openSource } from '../../agent/pipeline/source/picture/open.ts';
import { createDecodeThreads, type DecodeThreads } from '../../agent/pipeline/source/picture/threads.ts';
import { built } from './spawn.ts';

export const builtThreads = (most = 1): DecodeThreads =>
  createDecodeThreads(
    most,
    (workerData) => new Worker(built('agent/pipeline/decode-thread.js'), { env: {}, workerData }),
  );

/** `openSource` with a thread of its own for each source. */
export const openBuiltSource: typeof openSource = (options, events, clock, threads = builtThreads()) =>
  openSource(options, events, clock, threads);
