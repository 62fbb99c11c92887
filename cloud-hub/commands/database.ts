/** `vedette-hub database migrate|copy`: for those who run a hub on PostgreSQL, or move it there. As the user of the hub, on its machine. */
import path from 'node:path';
import type { Command } from 'commander';
import { messageOf } from '../../shared/kit/errors.ts';
import { type DatabaseAddress, databaseAddress } from '../database-address.ts';
import { type CommandContext, UsageError } from './context.ts';

export interface DatabaseContext extends CommandContext {
  readonly env: NodeJS.ProcessEnv;
}

interface Target {
  readonly url?: string;
  readonly passwordFile?: string;
}

export function addDatabaseCommands(program: Command, { clock, stdout, stderr, env }: DatabaseContext): void {
  const addressOf = async ({ url = env.VEDETTE_DATABASE_URL, passwordFile }: Target): Promise<DatabaseAddress> => {
    const { databaseAddressOf } = await import('../store/postgres/settings.ts');
    const file = passwordFile ?? env.VEDETTE_DATABASE_PASSWORD_FILE;
    if (url === undefined) throw new UsageError('name the database: postgres://USER@HOST/DATABASE');
    try {
      databaseAddress(url);
    } catch (error) {
      throw new UsageError(messageOf(error));
    }
    const address = databaseAddressOf({ databaseUrl: url, databasePasswordFile: file });
    if (!address) throw new UsageError('name the database: postgres://USER@HOST/DATABASE');
    return address;
  };

  const group = program.command('database').description("the hub's database on a PostgreSQL server");

  group
    .command('migrate')
    .description('bring the schema of the database up to this version; a hub does so itself when it starts')
    .option('--database-url <url>', 'the database (or VEDETTE_DATABASE_URL)')
    .option('--database-password-file <file>', 'file with the password of its user (or VEDETTE_DATABASE_PASSWORD_FILE)')
    .option('--dry-run', 'do all of it, say what it was, and take it back')
    .addHelpText(
      'after',
      '\nAll changes are one transaction: they are there whole, or not at all. Others that migrate at the same time wait.\nThere is no way back to an older schema but a backup: take one first (pg_dump).',
    )
    .action(async (options: { databaseUrl?: string; databasePasswordFile?: string; dryRun?: boolean }) => {
      const { databaseUrl: url, databasePasswordFile: passwordFile, dryRun = false } = options;
      const address = await addressOf({ ...(url ? { url } : {}), ...(passwordFile ? { passwordFile } : {}) });
      const { migrateDatabase } = await import('../store/postgres/migrate-database.ts');
      const { from, applied, statements } = await migrateDatabase(address, clock.wall(), dryRun);
      const to = applied.at(-1);
      if (to === undefined) stdout.write(`${address.shown} has schema version ${from}, the newest: nothing to do\n`);
      else {
        for (const statement of statements) stdout.write(`${statement}\n`);
        const before = from === 0 ? 'it was empty' : `it was ${from}`;
        stdout.write(
          dryRun
            ? `${address.shown}: all statements above worked, and were taken back; ${before}, and would be schema version ${to}\n`
            : `${address.shown} has schema version ${to} now; ${before}\n`,
        );
      }
    });

  group
    .command('copy')
    .description('copy hub.db of a data folder into an empty PostgreSQL database, and compare both')
    .requiredOption('--from <folder>', 'data folder of the hub, which must not run meanwhile')
    .option('--to <url>', 'the database (or VEDETTE_DATABASE_URL)')
    .option('--to-password-file <file>', 'file with the password of its user (or VEDETTE_DATABASE_PASSWORD_FILE)')
    .addHelpText(
      'after',
      '\nThe folder is only read. All rows are one transaction: when it breaks off, the target is empty, and you begin again.\nModels, keys and admin.token stay in the folder; the hub needs it as before.',
    )
    .action(async ({ from, to, toPasswordFile }: { from: string; to?: string; toPasswordFile?: string }) => {
      const address = await addressOf({
        ...(to ? { url: to } : {}),
        ...(toPasswordFile ? { passwordFile: toPasswordFile } : {}),
      });
      const { copyIntoPostgres } = await import('../store/postgres/copy.ts');
      let toldAt = clock.mono();
      const tables = await copyIntoPostgres({
        folder: path.resolve(from),
        to: address,
        now: clock.wall(),
        onRows: (table, rows, of) => {
          if (clock.mono() - toldAt < 2000) return;
          toldAt = clock.mono();
          stderr.write(`${table}: ${rows} of ${of} rows\n`);
        },
      });
      const width = Math.max(...tables.map(({ name }) => name.length));
      for (const { name, rows, digest } of tables.filter((table) => table.rows > 0))
        stdout.write(
          `${name.padEnd(width)}  ${String(rows).padStart(9)} rows  sha256:${digest.slice(0, 16)}  the same\n`,
        );
      stdout.write(
        `${tables.reduce((sum, { rows }) => sum + rows, 0)} rows of ${tables.length} tables are in ${address.shown}, read back and compared.\n` +
          `Next: rename ${path.join(from, 'hub.db')} (keep it until you are content), and start the hub with the same --data-dir and\n` +
          `--database-url '${address.shown}'\n`,
      );
    });
}
