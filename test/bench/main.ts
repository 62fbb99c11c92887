#!/usr/bin/env node
/** `npm run bench [-- NAME …] [--OPTION N]`. */
import { availableParallelism, cpus } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { agent } from './agent.ts';
import { alerts } from './alerts.ts';
import type { Bench } from './bench.ts';
import { cameras } from './cameras.ts';
import { channels } from './channels.ts';
import { closes } from './closes.ts';
import { fleet } from './fleet.ts';
import { gate } from './gate.ts';
import { halves } from './halves.ts';
import { hybrid } from './hybrid.ts';
import { ingest } from './ingest.ts';
import { nab } from './nab.ts';
import { opencv } from './opencv.ts';
import { outbox } from './outbox.ts';
import { pipeline } from './pipeline.ts';
import { quiet } from './quiet.ts';
import { readings } from './readings.ts';
import { reconnects } from './reconnects.ts';
import { rollout } from './rollout.ts';
import { sensors } from './sensors.ts';
import { sign } from './sign.ts';
import { swaps } from './swaps.ts';
import { uplink } from './uplink.ts';

const benches: Readonly<Record<string, Bench>> = {
  pipeline,
  agent,
  opencv,
  cameras,
  gate,
  reconnects,
  channels,
  closes,
  outbox,
  uplink,
  ingest,
  readings,
  fleet,
  alerts,
  sign,
  swaps,
  rollout,
  nab,
  halves,
  quiet,
  sensors,
  hybrid,
};

const list = Object.entries(benches).map(([name, bench]) => `  ${name.padEnd(10)} ${bench.summary}`);

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError('must be a number above 0.');
  return value;
}

const program = new Command('npm run bench --')
  .description('Measures Vedette side by side with the bare parts that it is made of, and prints ratios.')
  .argument('[name...]', 'which benchmarks; default: all')
  .addHelpText('after', `\nBenchmarks:\n${list.join('\n')}`)
  .action(async (names: string[], given: Record<string, number>) => {
    const unknown = names.filter((name) => !Object.hasOwn(benches, name));
    if (unknown.length > 0) throw new Error(`no benchmark "${unknown.join('", "')}"; there are:\n${list.join('\n')}`);
    console.log(`${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, Node ${process.version}`);
    for (const [name, bench] of Object.entries(benches)) {
      if (names.length > 0 && !names.includes(name)) continue;
      console.log(`\n# ${name}: ${bench.summary}`);
      await bench.run(
        (line) => console.log(line),
        (option) => given[option] ?? bench.options?.[option]?.default ?? 0,
      );
    }
  });
for (const [name, { options = {} }] of Object.entries(benches)) {
  for (const [option, { description, default: value }] of Object.entries(options))
    program.option(`--${option} <n>`, `${name}: ${description} (default: ${value})`, positive);
}

await program.parseAsync().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
