/** `vedette-hub backup` and `vedette-hub restore`: the data folder of a hub as one file. As the user of the hub, on its machine. */
import path from 'node:path';
import type { Command } from 'commander';
import type { CommandContext } from './context.ts';

export interface BackupContext extends CommandContext {
  readonly version: string;
}

export function addBackupCommands(program: Command, { clock, stdout, version }: BackupContext): void {
  program
    .command('backup')
    .description('write the data folder of a hub into one file; the hub may run and take in records meanwhile')
    .option('--data-dir <folder>', 'data folder of the hub', './data')
    .requiredOption('--to <file>', 'the file (.tar); it must not be there yet')
    .addHelpText(
      'after',
      '\nThe file holds secrets: admin.token, the keys of the authority, digests of all tokens, records and pictures. It is readable for its\nowner alone (0600): keep it so. Not in it: what lies outside of the data folder, as files of --tls-key.',
    )
    .action(async ({ dataDir, to }: { dataDir: string; to: string }) => {
      const { writeBackup } = await import('../backup/write.ts');
      const { about, files, bytes } = await writeBackup({
        dataDir: path.resolve(dataDir),
        file: to,
        version,
        now: clock.wall(),
      });
      stdout.write(`${to}: ${files} files, ${(bytes / 1e6).toFixed(1)} MB, as of ${about.takenAt}\n`);
      stdout.write('It holds secrets (admin.token, keys, records): keep it as you keep the data folder.\n');
    });

  program
    .command('restore <file>')
    .description('put a backup into an empty folder, and say in it that it was put back')
    .requiredOption('--data-dir <folder>', 'new data folder; it must be missing or empty')
    .addHelpText('after', '\nRun it as the user of the hub. Never let the old hub and the restored one run at once.')
    .action(async (file: string, { dataDir }: { dataDir: string }) => {
      const { restoreBackup } = await import('../backup/restore.ts');
      const done = await restoreBackup({ file, dataDir: path.resolve(dataDir), now: clock.wall() });
      const { about, files, devices, paused, isSigning } = done;
      const lines = [
        `${dataDir} has the hub of ${about.takenAt}: ${files} files, ${devices} devices. Each file has the digest that the backup names.`,
        'What the old hub took in after that time is gone: devices have deleted it. Such numbers are gaps that name this restore.',
        'As it was at that time is also who may do what. Add again the devices and tokens that came after it; revoke and remove again',
        'what was revoked and removed after it.',
        ...(paused.length > 0 ? [`Rollouts that ran are paused: ${paused.join(', ')}. Resume or abort them.`] : []),
        ...(isSigning
          ? [
              'Devices may have seen later versions of the signed metadata: run `vedette-hub keys rotate snapshot` and',
              '`vedette-hub keys rotate timestamp`; upload again what was published after the backup.',
            ]
          : []),
      ];
      stdout.write(`${lines.join('\n')}\n`);
    });
}
