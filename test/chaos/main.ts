#!/usr/bin/env node
/** `npm run chaos -- --minutes N --seed S [--broker embedded|mosquitto] [--hubs N --database sqlite|postgres] [--subject agents|mqttjs|bridge]`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { hasMosquitto } from '../support/mosquitto.ts';
import { hasPostgres } from '../support/postgres.ts';
import { type Control, controls, runControl } from './control.ts';
import { print, printControl } from './print.ts';
import { isClean, runChaos } from './run.ts';

interface Options {
  readonly minutes: number;
  readonly seed: number;
  readonly agents: number;
  broker: 'embedded' | 'mosquitto';
  readonly hubs: number;
  readonly database: 'sqlite' | 'postgres';
  readonly subject: 'agents' | Control;
  readonly keep?: string;
}

const number = (min: number, whole: boolean) => (text: string) => {
  const value = Number(text);
  if (!(value >= min) || !Number.isFinite(value) || (whole && !Number.isInteger(value)))
    throw new InvalidArgumentError(`must be a ${whole ? 'whole ' : ''}number from ${min}.`);
  return value;
};

await new Command('npm run chaos --')
  .description(
    'Kills, cuts, slows and damages a real hub, broker and agents at random instants, then compares what the agents\n' +
      'committed with what the hub holds. The same seed gives the same plan.',
  )
  .option('--minutes <n>', 'how long', number(0.1, false), 1)
  .option('--seed <n>', 'which plan', number(0, true), 1)
  .option('--agents <n>', 'how many agents', number(1, true), 3)
  .addOption(new Option('--broker <name>', 'which broker').choices(['embedded', 'mosquitto']).default('embedded'))
  .option('--hubs <n>', 'how many hubs: one works, the others stand by', number(1, true), 1)
  .addOption(new Option('--database <name>', 'which database').choices(['sqlite', 'postgres']).default('sqlite'))
  .addOption(
    new Option('--subject <name>', 'agents; or, to see what others lose: mqttjs (QoS 1), bridge (of Mosquitto)')
      .choices(['agents', ...controls])
      .default('agents'),
  )
  .option('--keep <folder>', 'leave everything of the run there (default: a temporary folder, removed)')
  .addHelpText(
    'after',
    '\nExit code: 0 when nothing was lost, doubled or left unexplained, 1 when something was, 2 for wrong use.\n' +
      'A run with another subject than agents ends with 0 and prints what it lost.',
  )
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .action(async ({ keep, subject, ...options }: Options) => {
    if (options.hubs > 1) {
      if (options.database !== 'postgres') throw new Error('--hubs: several hubs need --database postgres');
      // Devices reach them all at one address.
      options.broker = 'mosquitto';
    }
    if (options.database === 'postgres' && !hasPostgres)
      throw new Error('there is no PostgreSQL on this machine (Debian package postgresql)');
    const needsMosquitto = options.broker === 'mosquitto' || subject !== 'agents';
    if (needsMosquitto && !hasMosquitto)
      throw new Error('there is no Mosquitto on this machine (Debian package mosquitto)');
    const folder = keep === undefined ? mkdtempSync(path.join(tmpdir(), 'vedette-chaos-')) : path.resolve(keep);
    try {
      const printLine = (line: string) => console.log(line);
      if (subject !== 'agents') return printControl(await runControl(folder, subject, options, printLine), printLine);
      const result = await runChaos(folder, options, printLine);
      print(result, printLine);
      process.exitCode = isClean(result) ? 0 : 1;
    } finally {
      if (keep === undefined) rmSync(folder, { recursive: true, force: true });
    }
  })
  .parseAsync()
  .catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  });
