/**
 * The program `vedette-hub`: its commands and settings; the hub itself is hub.ts.
 * Exit codes: 0 done, 1 failed, 2 wrong usage or settings.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { Command, CommanderError } from 'commander';
import { z } from 'zod';
import { type Cancel, systemClock } from '../shared/kit/clock.ts';
import { messageOf } from '../shared/kit/errors.ts';
import { asError } from '../shared/kit/journal.ts';
import { createLogger, type Logger } from '../shared/kit/log.ts';
import { plainTerminal, plainText } from '../shared/kit/plain-terminal.ts';
import { type ServiceManager, serviceManager } from '../shared/kit/service-manager.ts';
import { addAlertCommands } from './commands/alert.ts';
import { addAuditCommands } from './commands/audit.ts';
import { addBackupCommands } from './commands/backup.ts';
import { addCaCommands } from './commands/ca.ts';
import { addClaimCommands } from './commands/claim.ts';
import { type CommandContext, UsageError } from './commands/context.ts';
import { addCostCommands } from './commands/cost.ts';
import { addDatabaseCommands } from './commands/database.ts';
import { addDatasetCommands } from './commands/dataset.ts';
import { addDeviceCommands } from './commands/device.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addEraseCommands } from './commands/erase.ts';
import { addKeysCommands } from './commands/keys.ts';
import { addLogsCommands } from './commands/logs.ts';
import { addModelCommands } from './commands/model.ts';
import { addRetentionCommand } from './commands/retention.ts';
import { addRolloutCommands } from './commands/rollout.ts';
import { readSettings, type SettingOptions, withSettings } from './commands/settings.ts';
import { addSparkplugCommand } from './commands/sparkplug.ts';
import { addThresholdCommands } from './commands/threshold.ts';
import { addTopCommand } from './commands/top.ts';
import { addTokenCommands, addUserCommands } from './commands/user.ts';
import { type HubConfig, hostInUrl, protectionOf } from './config.ts';
import type { Hub } from './hub.ts';
import type { Security } from './pki/security.ts';

/** How often systemd is told at least what the hub does. */
const TELL_MS = 10_000;
/** Longest orderly stop; then the process ends anyway, which the store survives. */
const STOP_MS = 2_500;

/** What the program uses of its process. */
export type Host = Pick<
  NodeJS.Process,
  'argv' | 'env' | 'stdout' | 'stderr' | 'exit' | 'exitCode' | 'on' | 'send' | 'disconnect'
>;

async function run(host: Host, options: SettingOptions, version: string): Promise<void> {
  const config = readSettings(options, host.env);
  const log = createLogger('hub', config.logLevel, { env: host.env });
  // Loaded when it is wanted: help and the other commands answer at once.
  const { startHub } = createRequire(import.meta.url)('./hub.js') as typeof import('./hub.ts');
  const manager = serviceManager(host.env, process.pid, log);
  const tracing = openTracing(config, version, log);
  const about = { config, version, clock: systemClock, log, describeFirst: true };
  let hub: Hub | undefined;
  let endWaiting: Cancel = () => undefined;
  let stopping = false;
  let hasFailed = false;
  const stop = (signal: string, code = 0) => {
    if (hasFailed && signal !== 'disconnect') host.exit(1);
    if (stopping || hasFailed) return;
    stopping = true;
    manager.stopping();
    log.info({ signal }, 'stopping');
    systemClock.after(STOP_MS, () => host.exit(1));
    Promise.all([hub?.stop(), tracing?.stop()]).then(
      () => host.exit(code),
      (error: unknown) => {
        log.error({ err: error }, 'the hub could not stop in order');
        host.exit(1);
      },
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) host.on(signal, () => stop(signal));
  host.on('disconnect', () => stop('disconnect'));
  try {
    hub = await startHub({
      ...about,
      ...(tracing ? { tracing } : {}),
      leading: {
        waiting(why) {
          const doing = `standing by: ${why}`;
          log.info({ why }, 'standing by');
          endWaiting();
          if (!host.send) console.log(`Vedette hub is ${doing}`);
          manager.ready(doing);
          endWaiting = systemClock.every((manager.watchdogMs ?? TELL_MS) / 4, () => manager.progress());
        },
        replaced: () => stop('another hub took over', 1),
      },
    });
  } catch (error) {
    // The channel to whoever started it would keep the process alive.
    hasFailed = true;
    host.disconnect?.();
    throw error;
  }
  endWaiting();
  await tellReady(host, hub, config, log, manager);
}

/** Tells people, systemd and the program that started it that the hub works. */
async function tellReady(host: Host, hub: Hub, config: HubConfig, log: Logger, manager: ServiceManager): Promise<void> {
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
  const doing = async () => {
    const { known, online } = await hub.counts();
    return `${online} of ${known} devices connected`;
  };
  manager.ready(await doing());
  systemClock.every(Math.min(TELL_MS, (manager.watchdogMs ?? TELL_MS) / 4), () => {
    doing().then(
      (what) => {
        manager.status(what);
        manager.progress();
      },
      (error: unknown) =>
        log.error({ err: error }, 'the database cannot be read; without progress systemd starts the hub again'),
    );
  });
  host.send?.({ type: 'ready', httpPort: hub.httpPort, mqttPort: hub.mqttPort });
}

/** Loaded only when it is wanted. */
function openTracing({ otlpEndpoint, otlpTokenFile }: HubConfig, version: string, log: Logger) {
  if (otlpEndpoint === undefined) return undefined;
  const { createTracing } = createRequire(import.meta.url)(
    '../shared/kit/otel.js',
  ) as typeof import('../shared/kit/otel.ts');
  const headers =
    otlpTokenFile === undefined ? {} : { authorization: `Bearer ${readFileSync(otlpTokenFile, 'utf8').trim()}` };
  const resource = { 'service.name': 'vedette-hub', 'service.version': version };
  return createTracing({ endpoint: otlpEndpoint, sample: 0, headers, resource, clock: systemClock, log });
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
  const [stdout, stderr] = [plainTerminal(host.stdout), plainTerminal(host.stderr)];
  const fail = (code = 1) => {
    host.exitCode = code;
  };
  const untilStopped = () => {
    const stop = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) host.on(signal, () => stop.abort());
    return stop.signal;
  };
  const cpus = availableParallelism();
  const context: CommandContext = { clock: systemClock, stdout, stderr, cpus, untilStopped, fail };
  const root = new Command('vedette-hub')
    .description('The hub of a Vedette fleet: takes in results, shows them, and rolls models out.')
    .exitOverride();
  const runCommand = root.command('run', { isDefault: true }).description('run the hub until SIGINT or SIGTERM');
  withSettings(runCommand).action((options: SettingOptions) => run(host, options, version));

  addCaCommands(root, context);
  addClaimCommands(root, context);
  addDeviceCommands(root, context);
  addLogsCommands(root, context);
  addModelCommands(root, context);
  addKeysCommands(root, context);
  addRolloutCommands(root, context);
  addDatasetCommands(root, context);
  addThresholdCommands(root, context);
  addCostCommands(root, context);
  addAlertCommands(root, context);
  addEraseCommands(root, context);
  addAuditCommands(root, context);
  addUserCommands(root, context);
  addTokenCommands(root, context);
  // It draws by escape sequences, and what devices say is plain in its lines.
  addSparkplugCommand(root, context);
  addTopCommand(root, { ...context, stdout: host.stdout });
  addRetentionCommand(root, context);
  addBackupCommands(root, { ...context, version });
  addDatabaseCommands(root, { ...context, env: host.env });
  addDoctorCommand(root, { ...context, env: host.env, version });
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
      console.error(asError(`vedette-hub: ${plainText(messageOf(error))}`, host.env));
      host.exitCode = error instanceof UsageError ? 2 : 1;
    }
  }
}
