/** `bench pipeline`: frames a second of `infer` over what its bare parts could do: one runner, and one a core. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { BareRate } from './bare-session.ts';
import { type Bench, median, range } from './bench.ts';
import { inferRate } from './infer-rate.ts';
import { material } from './material.ts';
import { scaleCost } from './scale-cpu.ts';

const ROUNDS = 7;

export const pipeline: Bench = {
  summary: '`infer` over bare session.run() and ffmpeg, interleaved; event-loop delay and memory meanwhile',
  async run(print) {
    const { model, clip } = await material(print);
    print(`model ${model}\nclip  ${clip}`);
    const bare = fork(new URL('./bare-session.js', import.meta.url), [model]);
    await once(bare, 'message');
    const bareRate = async (runs: number): Promise<BareRate> => {
      bare.send(runs);
      const [rate] = await once(bare, 'message');
      return rate as BareRate;
    };
    try {
      await bareRate(50);
      await inferRate({ model, sources: [clip], runners: 1 });
      await oneRunner(model, clip, bareRate, print);
      await wholeBox(model, clip, bareRate, print);
    } finally {
      bare.disconnect();
    }
  },
};

type BareRates = (runs: number) => Promise<BareRate>;

async function oneRunner(model: string, clip: string, bareRate: BareRates, print: (line: string) => void) {
  const ratios: number[] = [];
  const others: number[] = [];
  let rssMb = 0;
  const { scaleMs } = await scaleCost(model, clip);
  for (let round = 1; round <= ROUNDS; round++) {
    const before = await bareRate(100);
    const run = await inferRate({ model, sources: [clip], runners: 1 });
    const after = await bareRate(100);
    const ratio = (2 * run.fps) / (before.runsPerSecond + after.runsPerSecond);
    ratios.push(ratio);
    others.push(run.msPerFrame.preprocess + run.msPerFrame.postprocess - scaleMs);
    rssMb = Math.max(rssMb, run.rssMb);
    const rates = `infer ${run.fps.toFixed(1)}/s, bare ${before.runsPerSecond.toFixed(1)} and ${after.runsPerSecond.toFixed(1)}/s`;
    print(`round ${round}: ${rates}, ratio ${ratio.toFixed(3)}`);
  }
  print(`one runner over bare session.run(): median ${median(ratios).toFixed(3)} (${range(ratios)}); target 0.95`);
  const scaled = `beside ${scaleMs.toFixed(2)} ms of scaling`;
  print(
    `neither inference nor decoding: median ${median(others).toFixed(2)} ms a frame (${range(others, 2)}), ${scaled}; target 0.6`,
  );
  print(`runner RSS: ${rssMb} MB; target 220`);
}

async function wholeBox(model: string, clip: string, bareRate: BareRates, print: (line: string) => void) {
  const cores = availableParallelism();
  const ratios: number[] = [];
  const delay = monitorEventLoopDelay({ resolution: 1 });
  for (let round = 1; round <= ROUNDS; round++) {
    const before = await bareRate(100);
    const scale = await scaleCost(model, clip);
    delay.enable();
    const run = await inferRate({ model, sources: Array.from({ length: cores }, () => clip), runners: cores });
    delay.disable();
    const after = await bareRate(100);
    const cpuMs = (before.cpuMs + after.cpuMs) / 2 + scale.cpuMs;
    const ratio = (run.fps * cpuMs) / 1000 / cores;
    ratios.push(ratio);
    const parts = `bare inference ${((before.cpuMs + after.cpuMs) / 2).toFixed(1)} ms + ${scale.by} ${scale.cpuMs.toFixed(1)} ms of CPU a frame`;
    print(`round ${round}: infer ${run.fps.toFixed(1)}/s on ${cores} cores, ${parts}, ratio ${ratio.toFixed(3)}`);
  }
  print(
    `${cores} runners over ${cores} cores of bare inference and decoding: median ${median(ratios).toFixed(3)} (${range(ratios)}); target 0.90`,
  );
  const p99 = (delay.percentile(99) / 1e6).toFixed(2);
  print(`supervisor event-loop delay with all cores busy: p99 ${p99} ms (sampled each 1 ms); target 5`);
}
