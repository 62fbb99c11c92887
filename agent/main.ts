#!/usr/bin/env node
/**
 * The `vedette-agent` program: the only place of the agent that reads argv, the environment and signals. Each command is loaded
 * when it is wanted: the others cost neither time nor memory.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, homedir, hostname } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { systemClock } from '../shared/kit/clock.ts';
import { messageOf } from '../shared/kit/errors.ts';
import { asError } from '../shared/kit/journal.ts';
import { plainTerminal, plainText } from '../shared/kit/plain-terminal.ts';
import { positive } from './commands/arguments.ts';
import type { EnrollOptions } from './commands/enroll.ts';
import { inferCommand } from './commands/infer-command.ts';
import { trainCommand } from './commands/train-command.ts';

const entries = {
  runner: new URL('./runner/child.js', import.meta.url),
  measure: new URL('./models/measure-child.js', import.meta.url),
  proof: new URL('./models/proof-child.js', import.meta.url),
  shadow: new URL('./models/shadow-child.js', import.meta.url),
  annotate: new URL('./api/annotate-child.js', import.meta.url),
};

/** Where what only saves time is kept. */
function cacheDir(): string {
  return path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'vedette');
}

/** Names what the speed of a model depends on. */
function machine(): string {
  return `${version()} ${cpus()[0]?.model ?? 'unknown'} x${availableParallelism()}`;
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const parsed: unknown = JSON.parse(text);
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed ? String(parsed.version) : 'unknown';
}

// A reader that went away (`| head`) does not end the agent.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
const [stdout, stderr] = [plainTerminal(process.stdout), plainTerminal(process.stderr)];

const program = new Command('vedette-agent')
  .description(
    'Runs ONNX models on streams of cameras, sensors and sound, keeps every result, and sends it to a Vedette hub.',
  )
  .version(version())
  .showHelpAfterError('(--help lists the commands and options)')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

program
  .command('run')
  .summary('run the agent')
  .description(
    'Runs the streams of a configuration file until it gets SIGINT or SIGTERM. Logs are JSON lines on stderr; under systemd they are entries of the journal, with fields.',
  )
  .requiredOption('-c, --config <file>', 'the configuration (examples: fixtures/config/*.good.yaml)')
  .addHelpText(
    'after',
    '\nA wrong field in a stream refuses that stream, and the others start. A wrong field elsewhere refuses the file.\n' +
      'Exit code: 0 after SIGINT or SIGTERM, 1 if it cannot start, 2 for a configuration that cannot be used.',
  )
  .action(async ({ config }: { config: string }) => {
    const stop = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
    // Started by another program that is gone now.
    process.on('disconnect', () => stop.abort());
    const { run } = await import('./commands/run.ts');
    process.exitCode = await run({
      configFile: config,
      environment: process.env,
      version: version(),
      cpus: availableParallelism(),
      entries,
      machine: machine(),
      clock: systemClock,
      stop: stop.signal,
      stdout,
      stderr,
    });
    // Nothing of ours is left to do; a native library's thread must not keep the process.
    process.exit();
  });

type EnrollFlags = Pick<
  EnrollOptions,
  'hub' | 'token' | 'tokenFile' | 'ca' | 'fingerprint' | 'name' | 'dir' | 'stateDir' | 'user'
>;

program
  .command('enroll')
  .summary('make this box a device of a hub')
  .description(
    'Makes a key, has the hub sign a certificate for it, and writes identity.json, a first agent.yaml and root.json.\n' +
      'The claim is read from --token, --token-file, the variable VEDETTE_CLAIM, or standard input (--token -).',
  )
  .requiredOption('--hub <url>', 'address of the hub, https://HOST:PORT')
  .option('--token <claim>', 'the claim that `vedette-hub claim create` printed; -: from standard input')
  .option('--token-file <file>', 'file with the claim')
  .option('--ca <file>', 'PEM file of the authority to trust (default: the one that the claim names)')
  .option('--fingerprint <sha256:hex>', "fingerprint of the hub's root, as the hub prints it")
  .option('--name <name>', 'name of the device (default: the name of this machine)')
  .option('--dir <folder>', 'folder of agent.yaml', '.')
  .option('--state-dir <folder>', 'folder of identity.json, root.json and the data (default: that of agent.yaml)')
  .option('--user <name>', 'write the files as this user, whose group has the same name; needs root')
  .addHelpText(
    'after',
    '\nIt may be repeated after any failure, with the same claim.\n' +
      'Exit code: 0 if the box is a device now, 1 if a later try may succeed, 2 if the options or the claim have to change.',
  )
  .action(async (flags: EnrollFlags) => {
    // A claim on the command line is a secret that every user of the machine could read there.
    process.title = 'vedette-agent enroll';
    const stop = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort(new Error('stopped')));
    const { enroll } = await import('./commands/enroll.ts');
    process.exitCode = await enroll({
      ...flags,
      claim: process.env.VEDETTE_CLAIM,
      stdin: process.stdin,
      hostname: hostname(),
      clock: systemClock,
      stop: stop.signal,
      stdout,
      stderr,
    });
    process.exit();
  });

inferCommand(
  program,
  {
    folder: process.cwd(),
    mostRunners: availableParallelism() * 4,
    runnerEntry: entries.runner,
    measure: { entry: entries.measure, file: path.join(cacheDir(), 'measured.json'), machine: machine() },
    clock: systemClock,
    stdout,
    stderr,
  },
  (code) => {
    process.exitCode = code;
  },
);

interface EraseFlags {
  stream?: string;
  allStreams: boolean;
  from?: string;
  before?: string;
  picturesOnly: boolean;
  dataDir?: string;
  config?: string;
  wait: number;
}

program
  .command('erase')
  .summary('erase what this box keeps of a stream')
  .description(
    'Erases records that were not sent yet, pictures, samples for second opinions, and what an online detector has learned.\n' +
      'What the hub has already is erased there: `vedette-hub erase order`, which also gives the order to the box.',
  )
  .option('--stream <name>', 'of this stream')
  .option('--all-streams', 'of every stream', false)
  .option('--from <time>', 'from this time on: 2026-03-31T14:00:00Z, or 2026-03-31, its beginning in UTC')
  .option('--before <time>', 'before this time (default: all until now)')
  .option('--pictures-only', 'only pictures; the records stay', false)
  .option('--data-dir <folder>', 'data folder of the agent (default: that of the configuration, or ./data)')
  .option('-c, --config <file>', 'configuration of the agent, which names its data folder')
  .option('--wait <seconds>', 'longest wait for an agent that runs', positive, 60)
  .addHelpText(
    'after',
    '\nIt may be used while the agent runs: the agent is given the order, and carries it out within seconds. After a failure it may be repeated.\n' +
      'Records whose clock was wrong are erased whatever their time says.\n' +
      'Exit code: 0 if it is erased, 1 if it is not erased yet, 2 for wrong use.',
  )
  .action(async ({ wait, allStreams, config, ...flags }: EraseFlags, command: Command) => {
    if ((flags.stream === undefined) !== allStreams)
      command.error('error: give either --stream <name> or --all-streams');
    const { erase } = await import('./commands/erase.ts');
    process.exitCode = await erase({
      ...flags,
      ...(config === undefined ? {} : { configFile: config }),
      waitS: wait,
      environment: process.env,
      clock: systemClock,
      stdout,
      stderr,
    });
  });

trainCommand(program, { clock: systemClock, stdout, stderr }, (code) => {
  process.exitCode = code;
});

interface DoctorFlags {
  config?: string;
  json: boolean;
  wait?: number;
  bundle?: string;
  log?: string;
}

program
  .command('doctor')
  .summary('show what this machine can do, and why a stream is slow')
  .description(
    'Checks the machine and, with a configuration, the hub, the ports and every stream. It opens each source for a few seconds in ' +
      'a runner process, measures every stage, and names the one that limits the rate.',
  )
  .option('-c, --config <file>', 'the configuration (without it, only the machine is checked)')
  .option(
    '--wait <seconds>',
    'longest wait for the first frame or sample of a stream (default: 15; a sensor at a broker: 135; more with `openS`)',
    positive,
  )
  .option('--json', 'print JSON', false)
  .option('--bundle <file>', 'write a support archive (.tar.gz) too, without secrets, pictures and records')
  .option('--log <file>', 'log whose end goes into it (default: the journal of vedette-agent)')
  .addHelpText('after', '\nExit code: 0 if everything works, 1 if something is broken, 2 for wrong use.')
  .action(async ({ config, json, wait, bundle, log }: DoctorFlags) => {
    const { doctor } = await import('./commands/doctor.ts');
    process.exitCode = await doctor({
      ...(config === undefined ? {} : { configFile: config }),
      ...(bundle === undefined ? {} : { bundle }),
      ...(log === undefined ? {} : { logFile: log }),
      version: version(),
      environment: process.env,
      json,
      waitS: wait,
      nodeVersion: process.version,
      runnerEntry: entries.runner,
      clock: systemClock,
      stdout,
      stderr,
    });
  });

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(asError(`vedette-agent: ${plainText(messageOf(error))}\n`, process.env));
  process.exit(1);
});
