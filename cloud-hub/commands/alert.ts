/** `vedette-hub alert …`: what fires, silences, and what became of notifications. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { systemClock } from '../../shared/kit/clock.ts';
import { alert as alertSchema, delivery, silence } from '../contract/alert.ts';
import { addAlertBrowserCommands } from './alert-browser.ts';
import { addAlertChannelCommands } from './alert-channel.ts';
import { addAlertRuleCommands } from './alert-rule.ts';
import type { CommandContext } from './context.ts';
import { clientOf, type HubAccess, labelOf, withHubAccess } from './hub-access.ts';

interface SilenceFlags extends HubAccess {
  readonly for?: number;
  readonly rule: string[];
  readonly selector: string[];
  readonly start?: string;
  readonly schedule: string[];
  readonly timezone: string;
  readonly comment?: string;
}

/** A silence that nobody gives an end, and a window that recurs. */
const SILENCE_MS = 3_600_000;
const WINDOW_MS = 730 * 86_400_000;

const UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000 } as const;

/** `2d`, `4h`, `30m`: in milliseconds. */
function lengthOf(text: string): number {
  const [, digits, unit] = /^(\d{1,5})([dhm])$/.exec(text) ?? [];
  if (digits === undefined) throw new InvalidArgumentError('must be a number with d, h or m, such as 4h.');
  return Number(digits) * UNITS[unit as keyof typeof UNITS];
}

export function addAlertCommands(program: Command, context: CommandContext): void {
  const { stdout } = context;
  const command = program.command('alert').description('alerts: rules, channels, silences, and notifications');
  const collect = (value: string, before: string[]) => [...before, value];
  const write = (...columns: readonly (string | number)[]) => stdout.write(`${columns.join('\t')}\n`);

  withHubAccess(
    command
      .command('list')
      .description('list alerts: id, state, severity, rule, device and stream, since, what, who takes care')
      .option('--all', 'those that are over too', false),
  ).action(async ({ all, ...access }: HubAccess & { all: boolean }) => {
    const query = all ? {} : { alertState: 'firing' };
    for await (const one of clientOf(access).pages('/alerts', alertSchema, query)) {
      const taken = one.acknowledged ? [one.acknowledged.by] : [];
      const where = one.subject === '' ? one.device : `${one.device}/${one.subject}`;
      write(
        one.id,
        one.silenced ? 'silenced' : one.state,
        one.severity,
        one.rule,
        where,
        one.since,
        one.text,
        ...taken,
      );
    }
  });

  withHubAccess(
    command
      .command('deliveries')
      .description('list notifications: id, state, channel, rule, tries, when, title or why not')
      .option('--failed', 'only those that did not arrive', false),
  ).action(async ({ failed, ...access }: HubAccess & { failed: boolean }) => {
    const query = failed ? { deliveryState: 'failed' } : {};
    for await (const one of clientOf(access).pages('/alert-deliveries', delivery, query)) {
      const { id, state, channel, rule, tries, createdAt, doneAt, reason, title } = one;
      write(id, state, channel, rule, tries, doneAt ?? createdAt, reason ?? title);
    }
  });

  withHubAccess(
    command
      .command('acknowledge <id>')
      .description('take care of an alert: no further step of escalation, no reminder; prints who does'),
  ).action(async (id: string, access: HubAccess) => {
    const at = `/alerts/${encodeURIComponent(id)}/acknowledgement`;
    const { acknowledged } = await clientOf(access).ask(alertSchema, 'PUT', at, { body: {} });
    write(id, acknowledged?.by ?? '', acknowledged?.at ?? '');
  });

  withHubAccess(
    command
      .command('silence')
      .description('hold notifications of alerts back for a while, and print the id of the silence')
      .addOption(
        new Option('--for <time>', 'how long: 2d, 4h, 30m (default: 1h, with --schedule 730d)').argParser(lengthOf),
      )
      .option('--rule <name>', 'only of this rule; may repeat', collect, [])
      .option('--selector <key=value>', 'only on devices with this label; may repeat', collect, [])
      .option('--start <time>', 'when it begins, as 2026-12-01T02:00:00Z: a maintenance window (default: now)')
      .option(
        '--schedule <cron>',
        'a window that recurs: only these minutes, as "* 2-3 * * 0" (Sundays from 2:00 to 3:59); may repeat',
        collect,
        [],
      )
      .option('--timezone <zone>', 'of --schedule, as Europe/Berlin', 'UTC')
      .option('--comment <text>', 'why'),
  ).action(async ({ for: given, rule, selector, start, schedule, timezone, comment, ...access }: SilenceFlags) => {
    const length = given ?? (schedule.length > 0 ? WINDOW_MS : SILENCE_MS);
    const begin = start === undefined ? systemClock.wall() : Date.parse(start);
    if (Number.isNaN(begin)) throw new InvalidArgumentError('--start must be a time such as 2026-12-01T02:00:00Z');
    const body = {
      ...(rule.length > 0 ? { rules: rule } : {}),
      ...(selector.length > 0 ? { selector: { labels: Object.fromEntries(selector.map(labelOf)) } } : {}),
      ...(start === undefined ? {} : { startsAt: new Date(begin).toISOString() }),
      endsAt: new Date(begin + length).toISOString(),
      ...(schedule.length > 0 ? { schedule: { cron: schedule, timezone } } : {}),
      ...(comment === undefined ? {} : { comment }),
    };
    stdout.write(`${(await clientOf(access).ask(silence, 'POST', '/alert-silences', { body })).id}\n`);
  });

  withHubAccess(
    command.command('silences').description('list silences: id, start, end, by whom, why, rules, hours'),
  ).action(async (access: HubAccess) => {
    for await (const one of clientOf(access).pages('/alert-silences', silence)) {
      const rules = one.rules?.join(',') ?? 'all rules';
      const { cron, timezone } = one.schedule ?? {};
      const when = cron ? [`${cron.join('; ')} ${timezone}`] : [];
      write(one.id, one.startsAt, one.endsAt, one.createdBy, one.comment, rules, ...when);
    }
  });

  withHubAccess(
    command.command('unsilence <id>').description('end a silence; notifications of what still fires are sent now'),
  ).action(async (id: string, access: HubAccess) => {
    await clientOf(access).send('DELETE', `/alert-silences/${encodeURIComponent(id)}`);
  });

  addAlertBrowserCommands(command, context);
  addAlertRuleCommands(command, context);
  addAlertChannelCommands(command, context);
}
