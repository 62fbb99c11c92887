/**
 * The program `vedette-hub`: its commands and settings; the hub itself is hub.ts.
 * Exit codes: 0 done, 1 failed, 2 wrong usage or settings.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { Command, CommanderError } from 'commander';
import { z } from 'zod';
import { systemClock } from '../shared/kit/clock.ts';
import { messageOf } from '../shared/kit/errors.ts';
import { createLogger } from '../shared/kit/log.ts';
import { complaintsOf } from '../shared/kit/schema.ts';
import { serviceManager } from '../shared/kit/service-manager.ts';
import { addCaCommands } from './commands/ca.ts';
import { addClaimCommands } from './commands/claim.ts';
import { type CommandContext, UsageError } from './commands/context.ts';
import { addDeviceCommands } from './commands/device.ts';
import { addKeysCommands } from './commands/keys.ts';
import { addModelCommands } from './commands/model.ts';
import { addRolloutCommands } from './commands/rollout.ts';
import { type HubConfig, hostInUrl, hubConfig, protectionOf } from './config.ts';
import type { Hub } from './hub.ts';
import type { Security } from './pki/security.ts';

/** How often systemd is told at least what the hub does. */
const TELL_MS = 10_000;
/** Longest orderly stop; then the process ends anyway, which the store survives. */
const STOP_MS = 2_500;

/** Settings: option, environment variable, explanation. */
const settings = {
  dataDir: ['--data-dir <folder>', 'VEDETTE_DATA_DIR', 'folder for the database and admin.token (default: ./data)'],
  httpPort: [
    '--http-port <port>',
    'VEDETTE_HTTP_PORT',
    'port of the API and the dashboard; 0 picks a free one (default: 8080, with TLS 8443)',
  ],
  mqttPort: [
    '--mqtt-port <port>',
    'VEDETTE_MQTT_PORT',
    'port of the embedded MQTT broker; 0 picks a free one (default: 1883, with TLS 8883)',
  ],
  mqttUrl: ['--mqtt-url <url>', 'VEDETTE_MQTT_URL', 'an external MQTT broker instead of the embedded one'],
  mqttUsername: ['--mqtt-username <name>', 'VEDETTE_MQTT_USERNAME', "the hub's user name at the external broker"],
  mqttPasswordFile: [
    '--mqtt-password-file <file>',
    'VEDETTE_MQTT_PASSWORD_FILE',
    'file with the password of that user',
  ],
  mqttVersion: [
    '--mqtt-version <version>',
    'VEDETTE_MQTT_VERSION',
    'MQTT version for the external broker, 3.1.1 or 5 (default: 5)',
  ],
  mqttCaFile: ['--mqtt-ca-file <file>', 'VEDETTE_MQTT_CA_FILE', 'PEM file of the authority to trust, for mqtts'],
  mqttCertFile: ['--mqtt-cert-file <file>', 'VEDETTE_MQTT_CERT_FILE', "PEM file of the hub's own certificate"],
  mqttKeyFile: ['--mqtt-key-file <file>', 'VEDETTE_MQTT_KEY_FILE', 'PEM file of its key'],
  host: [
    '--host <address>',
    undefined,
    'address to listen on; 0.0.0.0: all (default: 127.0.0.1). Beyond loopback the hub speaks TLS',
  ],
  tls: ['--tls', undefined, 'speak TLS on loopback too'],
  tlsCert: [
    '--tls-cert <file>',
    'VEDETTE_TLS_CERT_FILE',
    "PEM file of a certificate with its chain (default: one of the hub's own authority)",
  ],
  tlsKey: ['--tls-key <file>', 'VEDETTE_TLS_KEY_FILE', 'PEM file of its key'],
  tlsNames: [
    '--tls-names <names>',
    'VEDETTE_TLS_NAMES',
    "more names and addresses for the own authority's certificate, with commas between",
  ],
  insecurePlaintext: ['--insecure-plaintext', undefined, 'listen beyond loopback without TLS'],
  publicUrl: [
    '--public-url <url>',
    'VEDETTE_PUBLIC_URL',
    'address under which people open the hub, with the path that a proxy serves it below',
  ],
  trustProxy: [
    '--trust-proxy <addresses>',
    'VEDETTE_TRUST_PROXY',
    'addresses or networks of the proxies in front of the hub, with commas between (default: none)',
  ],
  graceDays: [
    '--grace-days <days>',
    undefined,
    'how long after its end a device can renew its certificate (default: 60)',
  ],
  downloadMbps: [
    '--download-mbps <rate>',
    undefined,
    'megabits per second that all model downloads share (default: 100)',
  ],
  secondOpinion: [
    '--second-opinion <model>',
    'VEDETTE_SECOND_OPINION',
    'NAME:ALIAS or NAME@VERSION of the model that looks at samples of devices (default: none)',
  ],
  deviceRecordsPerDay: [
    '--device-records-per-day <n>',
    'VEDETTE_DEVICE_RECORDS_PER_DAY',
    'records stored of one device per day; what is over waits on the device (default: 10 million; 0: no limit)',
  ],
  deviceMbPerDay: [
    '--device-mb-per-day <mb>',
    'VEDETTE_DEVICE_MB_PER_DAY',
    'megabytes stored of one device per day, pictures included (default: 20000; 0: no limit)',
  ],
  logLevel: ['--log-level <level>', undefined, 'debug, info, warn, error or silent (default: info)'],
} as const satisfies Record<keyof HubConfig, readonly [string, string | undefined, string]>;

type Options = Record<string, string | boolean | undefined>;

const unsupported = {
  VEDETTE_DATABASE_URL: 'PostgreSQL',
} as const;

/** What the program uses of its process. */
export type Host = Pick<NodeJS.Process, 'argv' | 'env' | 'stdout' | 'stderr' | 'exit' | 'exitCode' | 'on' | 'send'>;

function readConfig(options: Options, env: NodeJS.ProcessEnv): HubConfig {
  for (const [variable, what] of Object.entries(unsupported)) {
    if (env[variable]) {
      throw new UsageError(`${variable} is set, but this version does not support ${what} yet: unset it`);
    }
  }
  const input = Object.fromEntries(
    Object.entries(settings).flatMap(([key, [, variable]]) => {
      const value = options[key] ?? (variable === undefined ? undefined : env[variable]);
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

async function run(host: Host, options: Options, version: string): Promise<void> {
  const config = readConfig(options, host.env);
  const log = createLogger('hub', config.logLevel);
  // Loaded when it is wanted: help and the other commands answer at once.
  const { startHub } = createRequire(import.meta.url)('./hub.js') as typeof import('./hub.ts');
  const manager = serviceManager(host.env, process.pid, log);
  const hub = await startHub({ config, version, clock: systemClock, log });

  let stopping = false;
  const stop = (signal: string) => {
    if (stopping) return;
    stopping = true;
    manager.stopping();
    log.info({ signal }, 'stopping');
    systemClock.after(STOP_MS, () => host.exit(1));
    hub.stop().then(
      () => host.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'the hub could not stop in order');
        host.exit(1);
      },
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) host.on(signal, () => stop(signal));
  host.on('disconnect', () => stop('disconnect'));

  // A program that started the hub gets its ports as a message, and tells people in its own words.
  if (!host.send) console.log(summaryOf(hub, config, host.env.NOTIFY_SOCKET !== undefined));
  if (protectionOf(config) === 'none' && config.insecurePlaintext)
    log.warn({ host: config.host }, 'no TLS: tokens, records and pictures go over the network in plain text');
  if (hub.adminToken.mismatch) {
    log.warn(
      { file: hub.adminToken.file },
      'admin.token is not the token of this database; delete it to get a new one',
    );
  }
  const doing = () => {
    const { known, online } = hub.counts();
    return `${online} of ${known} devices connected`;
  };
  manager.ready(doing());
  systemClock.every(Math.min(TELL_MS, (manager.watchdogMs ?? TELL_MS) / 4), () => {
    try {
      manager.status(doing());
      manager.progress();
    } catch (error) {
      log.error({ err: error }, 'the database cannot be read; without progress systemd starts the hub again');
    }
  });
  host.send?.({ type: 'ready', httpPort: hub.httpPort, mqttPort: hub.mqttPort });
}

/** @param isService what it prints goes into a journal, where a token has no place */
function summaryOf(hub: Hub, config: HubConfig, isService: boolean): string {
  const host = hostInUrl(config.host);
  const { created, file } = hub.adminToken;
  const { security } = hub;
  const s = security ? 's' : '';
  return [
    'Vedette hub is ready',
    `  dashboard    ${config.publicUrl ?? `http${s}://${host}:${hub.httpPort}/`}`,
    `  MQTT         ${config.mqttUrl ?? `mqtt${s}://${host}:${hub.mqttPort}`}`,
    `  data folder  ${hub.dataDir}`,
    ...(security ? describeSecurity(security) : []),
    created === undefined || isService
      ? `  sign in      with the token in ${file}`
      : `  sign in      with this token, shown only now and kept in ${file}:\n               ${created}`,
  ].join('\n');
}

function describeSecurity({ authority, isOwn }: Security): string[] {
  const whose = isOwn ? 'of this hub and its devices' : "of this hub's devices";
  return [`  authority    ${whose}: ${authority.files.caFile}`, `               ${authority.fingerprint()}`];
}

function readVersion(): string {
  // Beside the sources and, one level up, beside dist/.
  const file = ['../package.json', '../../package.json']
    .map((p) => new URL(p, import.meta.url))
    .find((u) => existsSync(u));
  if (!file) throw new Error('package.json is missing: the installation is not complete');
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(file, 'utf8'))).version;
}

function commands(host: Host, version: string): Command {
  const { stdout, stderr } = host;
  const fail = (code = 1) => {
    host.exitCode = code;
  };
  const context: CommandContext = { clock: systemClock, stdout, stderr, cpus: availableParallelism(), fail };
  const root = new Command('vedette-hub')
    .description('The hub of a Vedette fleet: takes in results, shows them, and rolls models out.')
    .exitOverride();
  const runCommand = root.command('run', { isDefault: true }).description('run the hub until SIGINT or SIGTERM');
  for (const [flags, variable, help] of Object.values(settings)) {
    runCommand.option(flags, variable === undefined ? help : `${help} [${variable}]`);
  }
  runCommand.action((options: Options) => run(host, options, version));

  addCaCommands(root, context);
  addClaimCommands(root, context);
  addDeviceCommands(root, context);
  addModelCommands(root, context);
  addKeysCommands(root, context);
  addRolloutCommands(root, context);
  const family = (command: Command): Command[] => [command, ...command.commands.flatMap(family)];
  for (const command of family(root)) command.version(version);
  return root;
}

/** Runs the command that the arguments of the process name. */
export async function program(host: Host): Promise<void> {
  // A reader that went away (`| head`) ends nothing.
  for (const stream of [host.stdout, host.stderr]) stream.on('error', () => undefined);
  try {
    await commands(host, readVersion()).parseAsync(host.argv);
  } catch (error) {
    if (error instanceof CommanderError) {
      // Help and version arrive here as well, with code 0; commander has written what there is to say.
      host.exitCode = error.exitCode === 0 ? 0 : 2;
    } else {
      console.error(`vedette-hub: ${messageOf(error)}`);
      host.exitCode = error instanceof UsageError ? 2 : 1;
    }
  }
}
