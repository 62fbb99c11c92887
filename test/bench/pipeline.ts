/** `bench pipeline`: frames a second of `infer` (one runner, one thread) over the rate of a bare `session.run()` loop. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type Bench, median, range } from './bench.ts';
import { inferRate } from './infer-rate.ts';
import { material } from './material.ts';

const ROUNDS = 7;

export const pipeline: Bench = {
  summary: '`infer` over a bare session.run() loop, interleaved; event-loop delay and memory meanwhile',
  async run(say) {
    const { model, clip } = await material(say);
    say(`model ${model}\nclip  ${clip}`);
    const bare = fork(new URL('./bare-session.js', import.meta.url), [model]);
    await once(bare, 'message');
    const bareRate = async (runs: number) => {
      bare.send(runs);
      const [rate] = await once(bare, 'message');
      return Number(rate);
    };
    const delay = monitorEventLoopDelay({ resolution: 1 });
    try {
      await bareRate(50);
      await inferRate({ model, sources: [clip], runners: 1 });
      const ratios: number[] = [];
      let rssMb = 0;
      for (let round = 1; round <= ROUNDS; round++) {
        const before = await bareRate(100);
        delay.enable();
        const run = await inferRate({ model, sources: [clip], runners: 1 });
        delay.disable();
        const after = await bareRate(100);
        const ratio = (2 * run.fps) / (before + after);
        ratios.push(ratio);
        rssMb = Math.max(rssMb, run.rssMb);
        const rates = `infer ${run.fps.toFixed(1)}/s, bare ${before.toFixed(1)} and ${after.toFixed(1)}/s`;
        say(`round ${round}: ${rates}, ratio ${ratio.toFixed(3)}`);
      }
      const own = Math.round(process.memoryUsage.rss() / 2 ** 20);
      const p99 = (delay.percentile(99) / 1e6).toFixed(2);
      say(`pipeline ratio: median ${median(ratios).toFixed(3)} (${range(ratios)}); first target 0.85`);
      say(`supervisor event-loop delay p99: ${p99} ms (sampled each 1 ms; target 10 ms)`);
      say(`RSS: supervisor ${own} MB, runner ${rssMb} MB`);
    } finally {
      bare.disconnect();
    }
  },
};
