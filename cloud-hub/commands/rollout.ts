/** `vedette-hub rollout …`: models and streams to devices, in waves. */
import type { Command } from 'commander';
import { progressText } from '../contract/progress-text.ts';
import { type Rollout, rollout, rolloutDevice, rolloutEvent, rolloutPreview } from '../contract/rollout.ts';
import type { CommandContext } from './context.ts';
import { clientOf, type HubAccess, labelOf, withHubAccess } from './hub-access.ts';
import { addRolloutWait } from './rollout-wait.ts';
import { readYaml } from './yaml-file.ts';

interface CreateOptions extends HubAccess {
  readonly model: string;
  readonly selector: string[];
  readonly plan?: string;
  readonly id?: string;
  readonly dryRun?: boolean;
}

export function addRolloutCommands(program: Command, context: CommandContext): void {
  const { stdout, stderr } = context;
  const command = program
    .command('rollout')
    .description('roll models out to devices in waves; gates stop a bad version');
  const collect = (value: string, before: string[]) => [...before, value];

  withHubAccess(
    command
      .command('create <package>')
      .description('start a rollout of NAME@VERSION or NAME:ALIAS')
      .requiredOption('--model <name>', 'entry under `models` in agent.yaml that should run it')
      .option(
        '--selector <key=value>',
        'only devices with this label; may repeat, a device needs all of them',
        collect,
        [],
      )
      .option(
        '--plan <file>',
        'YAML with waves, gates, quorum, timeoutS, onFailure, proof (see the API at /api/v1/docs)',
      )
      .option('--id <id>', 'id of the rollout, which decides the order of the devices; take it from a dry run')
      .option('--dry-run', 'only show which devices would be in which wave')
      .addHelpText(
        'after',
        '\nWithout --plan: waves of 1, 10, 50 and 100 percent with ten minutes of soak each; a tripped gate rolls back.',
      ),
  ).action(async (text: string, options: CreateOptions) => {
    const { proof, ...plan } = options.plan === undefined ? {} : readYaml('--plan', options.plan);
    const labels = Object.fromEntries(options.selector.map(labelOf));
    const body = {
      ...plan,
      ...(options.selector.length > 0 ? { selector: { labels } } : {}),
      ...(options.id === undefined ? {} : { id: options.id }),
      target: { kind: 'model', model: options.model, package: text, ...(proof === undefined ? {} : { proof }) },
    };
    const client = clientOf(options);
    if (options.dryRun) {
      const preview = await client.ask(rolloutPreview, 'POST', '/rollouts', { body: { ...body, dryRun: true } });
      stdout.write(`${preview.id}\n`);
      for (const [index, devices] of preview.waves.entries()) {
        stdout.write(
          `wave ${index + 1}\t${devices.length} devices\t${devices.slice(0, 20).join(' ')}${devices.length > 20 ? ' …' : ''}\n`,
        );
      }
      for (const warning of preview.warnings ?? []) stderr.write(`warning: ${warning}\n`);
      return;
    }
    stdout.write(`${line(await client.ask(rollout, 'POST', '/rollouts', { body }))}\n`);
  });

  withHubAccess(
    command.command('list').description('list rollouts: id, status, package, wave, devices, reason'),
  ).action(async (access: HubAccess) => {
    for await (const found of clientOf(access).pages('/rollouts', rollout)) stdout.write(`${line(found)}\n`);
  });

  withHubAccess(
    command.command('show <id>').description('show the gates, the failed devices and the history of a rollout'),
  ).action(async (id: string, access: HubAccess) => {
    const client = clientOf(access);
    const path = `/rollouts/${encodeURIComponent(id)}`;
    const shown = await client.rollout(id);
    stdout.write(`${line(shown)}\n`);
    for (const { gate, state, reason } of shown.gates) stdout.write(`gate\t${gate}\t${state}\t${reason}\n`);
    for await (const found of client.pages(`${path}/devices`, rolloutDevice)) {
      const columns = ['device', found.device, `wave ${found.wave + 1}`, found.outcome, progressText(found) || '-'];
      stdout.write(`${columns.join('\t')}\n`);
    }
    for await (const { at, actor, action, reason } of client.pages(`${path}/history`, rolloutEvent)) {
      stdout.write(`${['history', at, actor, action, reason].join('\t')}\n`);
    }
  });

  addRolloutWait(command, context, line);

  for (const [verb, description] of [
    ['pause', 'ask no more devices; the gates stay active'],
    ['resume', 'go on; --waive GATE overrules a gate'],
    ['abort', 'end it and give every device back what it had'],
  ] as const) {
    const sub = withHubAccess(command.command(`${verb} <id>`).description(description));
    if (verb === 'resume') sub.option('--waive <gate>', 'overrule this gate; may repeat', collect, []);
    sub.action(async (id: string, options: HubAccess & { waive?: string[] }) => {
      const found = await clientOf(options).turnRollout(id, verb, options.waive);
      stdout.write(`${line(found)}\n`);
    });
  }
}

function line(found: Rollout): string {
  const { waiting, working, active, failed } = found.devices;
  const wave = `wave ${found.wave + 1} of ${found.plan.waves.length}`;
  const devices = `${active} active, ${working + waiting} at work, ${failed} failed`;
  return [found.id, found.status, found.package ?? found.plan.target.kind, wave, devices, found.reason].join('\t');
}
