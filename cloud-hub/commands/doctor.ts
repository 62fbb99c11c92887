/** `vedette-hub doctor`: what is wrong with a hub on this machine, and what mends it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { name } from '../../shared/contract/names.ts';
import { isBroken } from '../../shared/doctor/finding.ts';
import { printFindings } from '../../shared/doctor/print.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { HubConfig } from '../config.ts';
import { type CommandContext, UsageError } from './context.ts';
import { readSettings, type SettingOptions, withSettings } from './settings.ts';

export interface DoctorContext extends CommandContext {
  readonly env: NodeJS.ProcessEnv;
  readonly version: string;
}

export function addDoctorCommand(program: Command, { clock, stdout, stderr, env, version, fail }: DoctorContext): void {
  withSettings(
    program
      .command('doctor')
      .description(
        'look at certificates, clock, disk, database, ports and broker of a hub, with the settings that it runs with',
      ),
  )
    .option('--json', 'print JSON', false)
    .option('--bundle <file>', 'write a support archive (.tar.gz) too, without secrets, pictures and records')
    .option(
      '--broker <url>',
      'only: does this MQTT broker do what the hub and its devices need of one? Takes ten seconds',
    )
    .option('--broker-device <id>', 'with --broker: a device that nothing else uses, so that rights are checked too')
    .option('--broker-device-password-file <file>', 'its token')
    .option(
      '--beside-hub',
      'with --broker: although a hub runs with this broker, which may end its connection each time',
      false,
    )
    .option('--log <file>', 'log whose end goes into it (default: the journal of vedette-hub)')
    .addHelpText(
      'after',
      '\nIt changes nothing, and the hub may run or not. With --broker it signs in as the hub and as the device, and sends messages in their\nname. Many brokers take all connections of a user for one client, so it refuses to do so beside a hub that runs with this broker,\nunless --beside-hub says that this hub may be cut off for moments.\nExit code: 0 if everything works, 1 if something is broken, 2 for wrong use.',
    )
    .action(async ({ json, bundle, log, broker, besideHub, brokerDevice, brokerDevicePasswordFile, ...options }) => {
      const config = readSettings(typeof broker === 'string' ? { ...options, mqttUrl: broker } : options, env);
      if (typeof broker === 'string' && besideHub !== true)
        await refuseBesideHub(config, options.mqttUrl ?? env.VEDETTE_MQTT_URL, broker);
      // Loaded when it is wanted: the other commands need neither authority nor database.
      const { examineHub } = await import('../doctor/examine.ts');
      const findings =
        typeof broker === 'string'
          ? await conformance(config, broker, deviceOf(brokerDevice, brokerDevicePasswordFile), clock)
          : await examineHub({ config, nodeVersion: process.version, clock });
      const broken = isBroken(findings);
      stdout.write(json === true ? `${JSON.stringify({ ok: !broken, findings }, null, 2)}\n` : printFindings(findings));
      if (typeof bundle === 'string') {
        const { writeHubBundle } = await import('../doctor/bundle.ts');
        const logFile = typeof log === 'string' ? log : undefined;
        await writeHubBundle({ file: bundle, version, config, environment: env, logFile, findings });
        stderr.write(`wrote ${bundle}: read it before you send it\n`);
      }
      if (broken) fail();
    });
}

/** @throws UsageError where a hub runs with this data folder and this broker */
async function refuseBesideHub({ dataDir }: HubConfig, own: Value, broker: string): Promise<void> {
  const { isFolderInUse } = await import('../store/lock.ts');
  if (typeof own !== 'string' || placeOf(own) !== placeOf(broker) || !isFolderInUse(path.resolve(dataDir))) return;
  throw new UsageError(
    `a hub runs with ${broker} (data folder ${dataDir}): a second connection under its name would end its own. ` +
      'Stop it before, give another user with --mqtt-username, --mqtt-password-file and another --data-dir, or say --beside-hub; ' +
      '`vedette-hub doctor` without --broker asks the hub itself',
  );
}

/** Host and port: both spellings of an address are one broker. */
const placeOf = (url: string) =>
  URL.canParse(url) ? new URL(url).host.replace(/^(localhost|\[::1\])/, '127.0.0.1') : url;

type Value = SettingOptions[string];

async function conformance(config: HubConfig, url: string, device: Device | undefined, clock: Clock) {
  const { examineConformance } = await import('../doctor/conformance/conformance.ts');
  const { connectionOfFolder } = await import('../broker/external-connection.ts');
  const { protocolVersion: _, ...hub } = await connectionOfFolder(config, url, clock);
  return examineConformance({ hub, device, clock });
}

interface Device {
  readonly id: string;
  readonly password: string;
}

function deviceOf(id: Value, file: Value): Device | undefined {
  if (id === undefined && file === undefined) return undefined;
  if (!name.safeParse(id).success || typeof id !== 'string' || typeof file !== 'string')
    throw new UsageError(
      'give both: --broker-device with its id, and --broker-device-password-file with the file of its token',
    );
  try {
    return { id, password: readFileSync(file, 'utf8').trim() };
  } catch (error) {
    throw new UsageError(`--broker-device-password-file: ${messageOf(error)}`);
  }
}
