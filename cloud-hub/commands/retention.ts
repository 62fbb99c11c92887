/** `vedette-hub retention`: what is stored, how fast it grows, and for how long the disk will do. On the hub's machine. */
import path from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { type Keep, keepOf, keepText } from '../config.ts';
import type { Look } from '../retention/look.ts';
import type { CommandContext } from './context.ts';

interface Flags {
  readonly dataDir: string;
  readonly keep?: Keep;
  readonly json?: boolean;
}

function keepFrom(text: string): Keep {
  const parsed = keepText.safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError(`${parsed.error.issues[0]?.message ?? 'wrong'}.`);
  return keepOf(parsed.data);
}

export function addRetentionCommand(program: Command, { stdout, clock }: CommandContext): void {
  program
    .command('retention')
    .description('what records take on the disk, at which rate they come, and for how many days there is room')
    .option('--data-dir <folder>', 'data folder of the hub', './data')
    .option('--keep <kinds>', 'as if the hub ran with this: events=365,readings=30 (default: all for ever)', keepFrom)
    .option('--json', 'print JSON', false)
    .addHelpText('after', '\nIt changes nothing. The rate is that of the last seven days.')
    .action(async ({ dataDir, keep = {}, json }: Flags) => {
      const { lookAtGrowth } = await import('../retention/look.ts');
      const look = await lookAtGrowth(path.resolve(dataDir), keep, clock.wall());
      stdout.write(json === true ? `${JSON.stringify(look, null, 2)}\n` : textOf(look));
    });
}

function textOf({ outlook, freeBytes }: Look): string {
  if (!outlook) return 'There is less than an hour of records: too early to say anything.\n';
  const rows = outlook.kinds.map(({ kind, rows: many, bytes, perDay, bytesPerDay, keepDays, bytesInAYear }) => [
    kind,
    String(many),
    size(bytes),
    String(Math.round(perDay)),
    size(bytesPerDay),
    keepDays === undefined ? 'for ever' : `${keepDays} days`,
    size(bytesInAYear),
  ]);
  const { daysLeft } = outlook;
  const room = daysLeft === undefined ? 'enough for more than ten years' : `enough for ${daysLeft} days`;
  return [
    ['kind', 'records', 'size', 'a day', 'size a day', 'kept', 'in a year'].join('\t'),
    ...rows.map((row) => row.join('\t')),
    `At this rate ${size(outlook.bytesInAYear)} in a year; ${size(freeBytes)} are free: ${room}.`,
    '',
  ].join('\n');
}

function size(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  return bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.round(bytes / 1e3)} kB`;
}
