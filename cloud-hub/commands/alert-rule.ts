/** `vedette-hub alert rule …`: what is watched, and where notifications go. */
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { z } from 'zod';
import { alertRule } from '../contract/alert-rule.ts';
import { type CommandContext, UsageError } from './context.ts';
import { clientOf, type HubAccess, withHubAccess } from './hub-access.ts';
import { readYaml } from './yaml-file.ts';

const list = z.object({ items: z.array(alertRule) });
const at = (name: string) => `/alert-rules/${encodeURIComponent(name)}`;

export function addAlertRuleCommands(alert: Command, { stdout }: CommandContext): void {
  const command = alert.command('rule').description('rules: what is watched, and which channels get notifications');

  withHubAccess(
    command
      .command('set <name>')
      .description('write a rule, or write it anew')
      .requiredOption('--file <file>', 'YAML with condition, selector, forS, channels … (see the API at /api/v1/docs)')
      .addHelpText(
        'after',
        '\nFor example: condition: { kind: offline }\n             forS: 300\n             channels: [pager]',
      ),
  ).action(async (name: string, { file, ...access }: HubAccess & { file: string }) => {
    const written = await clientOf(access).ask(alertRule, 'PUT', at(name), { body: readYaml('--file', file) });
    stdout.write(`${line(written)}\n`);
  });

  withHubAccess(
    command.command('list').description('list rules: name, how many fire, severity, kind, channels'),
  ).action(async (access: HubAccess) => {
    const { items } = await clientOf(access).ask(list, 'GET', '/alert-rules');
    for (const rule of items) stdout.write(`${line(rule)}\n`);
  });

  withHubAccess(command.command('show <name>').description('print a rule as YAML, as `set` takes it')).action(
    async (name: string, access: HubAccess) => {
      const { items } = await clientOf(access).ask(list, 'GET', '/alert-rules');
      const found = items.find((rule) => rule.name === name);
      if (!found) throw new UsageError(`there is no rule "${name}"; \`alert rule list\` names them`);
      const { name: _name, changedAt: _at, changedBy: _by, firing: _firing, ...body } = found;
      stdout.write(stringify(body));
    },
  );

  withHubAccess(
    command.command('remove <name>').description('remove a rule; its alerts end, without a notification'),
  ).action(async (name: string, access: HubAccess) => {
    await clientOf(access).send('DELETE', at(name));
  });
}

function line({ name, enabled, firing, severity, condition, channels }: z.infer<typeof alertRule>): string {
  const state = enabled ? `${firing} firing` : 'off';
  return [name, state, severity, condition.kind, channels.join(',') || 'no channel'].join('\t');
}
