/**
 * Child of `bench pipeline`: `session.run()` on one preloaded input, nothing else. Answers each number of runs with its rate
 * and the CPU time of one.
 */
import { openSession } from '../../shared/engine/infer/session.ts';
import { chooseVariant, loadVariant, readPackage } from '../../shared/engine/package/package.ts';
import { systemClock } from '../../shared/kit/clock.ts';

export interface BareRate {
  readonly runsPerSecond: number;
  /** Milliseconds of processor time a run. */
  readonly cpuMs: number;
}

const pack = await readPackage(process.argv[2] ?? '');
const { bytes, graph } = await loadVariant(pack, chooseVariant(pack.manifest, 'auto'));
const session = await openSession(bytes, { threads: 1 });
const shape = (graph.inputs[0]?.shape ?? []).map((n) => n ?? 1);
const input = new Float32Array(shape.reduce((a, b) => a * b, 1)).map((_, i) => (i * 7919) % 256);

process.on('message', async (runs: number) => {
  const start = systemClock.mono();
  const before = process.cpuUsage();
  for (let i = 0; i < runs; i++) await session.run(input, shape);
  const { user, system } = process.cpuUsage(before);
  const rate: BareRate = {
    runsPerSecond: (runs * 1000) / (systemClock.mono() - start),
    cpuMs: (user + system) / 1000 / runs,
  };
  process.send?.(rate);
});
process.send?.('ready');
