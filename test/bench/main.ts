#!/usr/bin/env node
/** `npm run bench [-- NAME …]`. */
import { availableParallelism, cpus } from 'node:os';
import { Command } from 'commander';
import type { Bench } from './bench.ts';
import { cameras } from './cameras.ts';
import { gate } from './gate.ts';
import { opencv } from './opencv.ts';
import { pipeline } from './pipeline.ts';
import { reconnects } from './reconnects.ts';

const benches: Readonly<Record<string, Bench>> = { pipeline, opencv, cameras, gate, reconnects };

const list = Object.entries(benches).map(([name, bench]) => `  ${name.padEnd(10)} ${bench.summary}`);

await new Command('npm run bench --')
  .description('Measures Vedette side by side with the bare parts that it is made of, and prints ratios.')
  .argument('[name...]', 'which benchmarks; default: all')
  .addHelpText('after', `\nBenchmarks:\n${list.join('\n')}`)
  .action(async (names: string[]) => {
    const unknown = names.filter((name) => !Object.hasOwn(benches, name));
    if (unknown.length > 0) throw new Error(`no benchmark "${unknown.join('", "')}"; there are:\n${list.join('\n')}`);
    console.log(`${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, Node ${process.version}`);
    for (const [name, bench] of Object.entries(benches)) {
      if (names.length > 0 && !names.includes(name)) continue;
      console.log(`\n# ${name}: ${bench.summary}`);
      await bench.run((line) => console.log(line));
    }
  })
  .parseAsync()
  .catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  });
