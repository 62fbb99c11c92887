/** Child of `bench pipeline`: `session.run()` on one preloaded input, nothing else. Answers each `runs` with runs a second. */

import { openSession } from '../../shared/engine/infer/session.ts';
import { chooseVariant, loadVariant, readPackage } from '../../shared/engine/package/package.ts';
import { systemClock } from '../../shared/kit/clock.ts';

const pack = await readPackage(process.argv[2] ?? '');
const { bytes, graph } = await loadVariant(pack, chooseVariant(pack.manifest, 'auto'));
const session = await openSession(bytes, { threads: 1 });
const shape = (graph.inputs[0]?.shape ?? []).map((n) => n ?? 1);
const input = new Float32Array(shape.reduce((a, b) => a * b, 1)).map((_, i) => (i * 7919) % 256);

process.on('message', async (runs: number) => {
  const start = systemClock.mono();
  for (let i = 0; i < runs; i++) await session.run(input, shape);
  process.send?.((runs * 1000) / (systemClock.mono() - start));
});
process.send?.(0);
