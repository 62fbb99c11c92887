/** `infer` in this process, which is then the supervisor, with its lines thrown away. */
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { infer } from '../../agent/commands/infer.ts';
import { systemClock } from '../../shared/kit/clock.ts';

export interface InferRate {
  /** All frames over the time from the first frame's decode to the last result. */
  readonly fps: number;
  readonly rssMb: number;
  readonly msPerFrame: { readonly preprocess: number; readonly postprocess: number };
}

export async function inferRate(wanted: {
  model: string;
  sources: readonly string[];
  runners: number;
}): Promise<InferRate> {
  let text = '';
  const stdout = new Writable({ write: (_chunk, _encoding, done) => done() });
  const stderr = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  const code = await infer({
    ...wanted,
    folder: process.cwd(),
    threads: 1,
    variant: 'auto',
    runnerEntry: new URL('../../agent/runner/child.js', import.meta.url),
    measure: {
      entry: new URL('../../agent/models/measure-child.js', import.meta.url),
      file: path.join(tmpdir(), 'vedette-bench-measured.json'),
      machine: 'bench',
    },
    clock: systemClock,
    stdout,
    stderr,
  });
  const totals: unknown = JSON.parse(text.trim().split('\n').at(-1) ?? '');
  if (code !== 0 || typeof totals !== 'object' || totals === null) throw new Error(`infer failed: ${text}`);
  return totals as InferRate;
}
