/** `vedette-hub doctor`: what is wrong with a hub on this machine, and what mends it. */
import type { Command } from 'commander';
import { isBroken } from '../../shared/doctor/finding.ts';
import { printFindings } from '../../shared/doctor/print.ts';
import type { CommandContext } from './context.ts';
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
    .option('--log <file>', 'log whose end goes into it (default: the journal of vedette-hub)')
    .addHelpText(
      'after',
      '\nIt changes nothing, and the hub may run or not.\nExit code: 0 if everything works, 1 if something is broken, 2 for wrong use.',
    )
    .action(async ({ json, bundle, log, ...options }: SettingOptions) => {
      const config = readSettings(options, env);
      // Loaded when it is wanted: the other commands need neither authority nor database.
      const { examineHub } = await import('../doctor/examine.ts');
      const findings = await examineHub({ config, nodeVersion: process.version, clock });
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
