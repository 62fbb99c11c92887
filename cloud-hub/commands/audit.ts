/** `vedette-hub audit …`: who did what, and whether the record of it is whole. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { type AuditHead, auditEntry, auditHead, headOf, headText } from '../contract/audit.ts';
import type { ChainReport } from '../store/audit-chain.ts';
import { checkAuditFile } from '../store/audit-file.ts';
import { DATABASE_FILE } from '../store/sqlite/open.ts';
import { requireFile } from '../store/whereabouts.ts';
import { type CommandContext, UsageError } from './context.ts';
import { clientOf, type HubAccess, withHubAccess } from './hub-access.ts';

interface ListFlags extends HubAccess {
  readonly actor?: string;
  readonly action?: string;
  readonly subject?: string;
  readonly since?: string;
  readonly until?: string;
}

export function addAuditCommands(program: Command, { stdout, fail }: CommandContext): void {
  const audit = program.command('audit').description('who changed what, and which requests were refused');
  const filtered = (command: Command) =>
    withHubAccess(
      command
        .option('--actor <name>', 'only what this token, person or hub did')
        .option('--action <action>', 'only this action, or all before its dot: device.add, device, refused')
        .option('--subject <subject>', 'only what was done to this')
        .option('--since <time>', 'not before this time, as 2026-01-31T00:00:00Z')
        .option('--until <time>', 'before this time'),
    );
  const entries = ({ actor, action, subject, since, until, ...access }: ListFlags) =>
    clientOf(access).pages('/audit', auditEntry, { actor, action, subject, since, until });

  filtered(
    audit.command('list').description('list entries, newest first: id, when, who, from where, what, to what'),
  ).action(async (flags: ListFlags) => {
    for await (const one of entries(flags)) {
      const columns = [one.id, one.at, one.actor, one.address ?? '-', one.action, one.subject];
      stdout.write(`${[...columns, JSON.stringify(one.detail)].join('\t')}\n`);
    }
  });

  filtered(audit.command('export').description('print entries as lines of JSON, newest first')).action(
    async (flags: ListFlags) => {
      for await (const one of entries(flags)) stdout.write(`${JSON.stringify(one)}\n`);
    },
  );

  withHubAccess(
    audit.command('head').description('print ID:DIGEST of the newest entry; keep it where the hub cannot write'),
  ).action(async (access: HubAccess) => {
    const { id, digest } = await clientOf(access).ask(auditHead, 'GET', '/audit/head');
    stdout.write(`${id}:${digest}\n`);
  });

  audit
    .command('verify')
    .description('look for entries that were changed, removed or inserted; reads the database itself')
    .option('--data-dir <folder>', "the hub's data folder; the hub may be running", './data')
    .option('--head <id:digest>', 'a head that was kept: finds an end that was cut off, and a chain written anew')
    .action(({ dataDir, head }: { dataDir: string; head?: string }) => {
      const parsed = headText.optional().safeParse(head);
      if (!parsed.success) throw new UsageError(`--head: "${head}" must be ID:DIGEST, as \`audit head\` prints it`);
      const report = checkFile(dataDir, parsed.data === undefined ? undefined : headOf(parsed.data));
      for (const { id, text } of report.faults) stdout.write(`entry ${id}: ${text}\n`);
      const more = report.faulty - report.faults.length;
      if (more > 0) stdout.write(`and ${more} faults more\n`);
      const words = report.faulty === 0 ? 'the chain is whole' : `${report.faulty} faults`;
      const end = report.head ? `; head ${report.head.id}:${report.head.digest}` : '';
      stdout.write(`${report.entries} entries, ${words}${end}\n`);
      if (report.faulty > 0) fail();
    });
}

/** @throws UsageError when there is no database, or one that has no chain yet */
function checkFile(dataDir: string, expected: AuditHead | undefined): ChainReport {
  requireFile(dataDir, () => 'ask the hub for the check of its chain instead: GET /api/v1/audit/check');
  const file = path.join(dataDir, DATABASE_FILE);
  if (!existsSync(file)) throw new UsageError(`--data-dir: there is no ${file}`);
  const report = checkAuditFile(file, expected);
  if (report) return report;
  throw new UsageError(`${file} is of an older version: its audit gets a chain when this version starts the hub`);
}
