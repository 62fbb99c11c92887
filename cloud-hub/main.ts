#!/usr/bin/env node
/**
 * `vedette-hub`: reads arguments, environment and signals; the hub itself is hub.ts.
 * Exit codes: 0 done, 1 failed, 2 wrong usage or settings.
 */
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Command, CommanderError } from 'commander';
import { z } from 'zod';
import { systemClock } from '../shared/kit/clock.ts';
import { messageOf } from '../shared/kit/errors.ts';
import { createLogger } from '../shared/kit/log.ts';
import { complaintsOf } from '../shared/kit/schema.ts';
import { type CommandContext, UsageError } from './commands/context.ts';
import { addDeviceCommands } from './commands/device.ts';
import { addKeysCommands } from './commands/keys.ts';
import { addModelCommands } from './commands/model.ts';
import { addRolloutCommands } from './commands/rollout.ts';
import { type HubConfig, hubConfig } from './config.ts';
import type { Hub } from './hub.ts';

/** Longest orderly stop; then the process ends anyway, which the store survives. */
const STOP_MS = 2_500;

const context: CommandContext = {
  clock: systemClock,
  stdout: process.stdout,
  stderr: process.stderr,
  cpus: availableParallelism(),
  fail: () => {
    process.exitCode = 1;
  },
};

/** Settings: option, environment variable, explanation. */
const settings = {
  dataDir: ['--data-dir <folder>', 'VEDETTE_DATA_DIR', 'folder of the database and admin.token (default: ./data)'],
  httpPort: ['--http-port <port>', 'VEDETTE_HTTP_PORT', 'port of API and dashboard, 0: a free one (default: 8080)'],
  mqttPort: ['--mqtt-port <port>', 'VEDETTE_MQTT_PORT', 'port of the MQTT broker, 0: a free one (default: 1883)'],
  mqttUrl: ['--mqtt-url <url>', 'VEDETTE_MQTT_URL', 'an external MQTT broker instead of the embedded one'],
  mqttUsername: ['--mqtt-username <name>', 'VEDETTE_MQTT_USERNAME', "the hub's user name at the external broker"],
  mqttPasswordFile: ['--mqtt-password-file <file>', 'VEDETTE_MQTT_PASSWORD_FILE', 'file with its password'],
  mqttVersion: ['--mqtt-version <version>', 'VEDETTE_MQTT_VERSION', '3.1.1 or 5, with an external broker (default: 5)'],
  mqttCaFile: ['--mqtt-ca-file <file>', 'VEDETTE_MQTT_CA_FILE', 'PEM of the authority to trust, for mqtts'],
  mqttCertFile: ['--mqtt-cert-file <file>', 'VEDETTE_MQTT_CERT_FILE', "PEM of the hub's own certificate"],
  mqttKeyFile: ['--mqtt-key-file <file>', 'VEDETTE_MQTT_KEY_FILE', 'PEM of its key'],
  host: ['--host <address>', undefined, 'address to listen on, 0.0.0.0 for all (default: 127.0.0.1)'],
  downloadMbps: [
    '--download-mbps <rate>',
    undefined,
    'megabits a second that all downloads of models by devices share (default: 100)',
  ],
  logLevel: ['--log-level <level>', undefined, 'debug, info, warn, error or silent (default: info)'],
} as const satisfies Record<keyof HubConfig, readonly [string, string | undefined, string]>;

const unsupported = {
  VEDETTE_DATABASE_URL: 'PostgreSQL',
} as const;

function readConfig(options: Record<string, string | undefined>): HubConfig {
  for (const [variable, what] of Object.entries(unsupported)) {
    if (process.env[variable]) {
      throw new UsageError(`${variable} is set, but this version does not support ${what} yet: unset it`);
    }
  }
  const input = Object.fromEntries(
    Object.entries(settings).flatMap(([key, [, variable]]) => {
      const value = options[key] ?? (variable === undefined ? undefined : process.env[variable]);
      return value === undefined || (value === '' && options[key] === undefined) ? [] : [[key, value]];
    }),
  );
  const parsed = hubConfig.safeParse(input);
  if (parsed.success) return parsed.data;
  const lines = complaintsOf(parsed.error, input).map(({ path, message }) => {
    const setting = settings[path as keyof HubConfig];
    const named = setting.slice(0, 2).filter((part) => part !== undefined);
    return `${named.join(' / ')}: ${message}`;
  });
  throw new UsageError(lines.join('\n'));
}

async function run(options: Record<string, string | undefined>, version: string): Promise<void> {
  const config = readConfig(options);
  const log = createLogger('hub', config.logLevel);
  // Loaded when it is wanted: help and the other commands answer at once.
  const { startHub } = await import('./hub.ts');
  const hub = await startHub({ config, version, clock: systemClock, log });

  let stopping = false;
  const stop = (signal: string) => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'stopping');
    systemClock.after(STOP_MS, () => process.exit(1));
    hub.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'the stop failed');
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop(signal));
  process.on('disconnect', () => stop('disconnect'));

  console.log(summaryOf(hub, config));
  if (hub.adminToken.mismatch) {
    log.warn(
      { file: hub.adminToken.file },
      'admin.token is not the token of this database; delete it to get a new one',
    );
  }
  process.send?.({ type: 'ready', httpPort: hub.httpPort, mqttPort: hub.mqttPort });
}

function summaryOf(hub: Hub, config: HubConfig): string {
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  const { created, file } = hub.adminToken;
  return [
    'Vedette hub is ready',
    `  dashboard    http://${host}:${hub.httpPort}/`,
    `  MQTT         ${config.mqttUrl ?? `mqtt://${host}:${hub.mqttPort}`}`,
    `  data folder  ${hub.dataDir}`,
    created === undefined
      ? `  sign in      with the token in ${file}`
      : `  sign in      with this token, shown only now and kept in ${file}:\n               ${created}`,
  ].join('\n');
}

function readVersion(): string {
  // Beside the sources and, one level up, beside dist/.
  const file = ['../package.json', '../../package.json']
    .map((p) => new URL(p, import.meta.url))
    .find((u) => existsSync(u));
  if (!file) throw new Error('package.json is missing: the installation is not complete');
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(file, 'utf8'))).version;
}

function commands(version: string): Command {
  const program = new Command('vedette-hub').description('The hub of a Vedette fleet').exitOverride();
  const runCommand = program.command('run', { isDefault: true }).description('run the hub until SIGINT or SIGTERM');
  for (const [flags, variable, help] of Object.values(settings)) {
    runCommand.option(flags, variable === undefined ? help : `${help} [${variable}]`);
  }
  runCommand.action((options: Record<string, string | undefined>) => run(options, version));

  addDeviceCommands(program, context);
  addModelCommands(program, context);
  addKeysCommands(program, context);
  addRolloutCommands(program, context);
  const family = (command: Command): Command[] => [command, ...command.commands.flatMap(family)];
  for (const command of family(program)) command.version(version);
  return program;
}

// A reader that went away (`| head`) ends nothing.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

try {
  await commands(readVersion()).parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Help and version arrive here as well, with code 0; commander has written what there is to say.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    console.error(`vedette-hub: ${messageOf(error)}`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}
