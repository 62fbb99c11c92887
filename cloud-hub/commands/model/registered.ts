/** `vedette-hub model list|show|alias|delete`: what is in the registry of a running hub. */
import type { Command } from 'commander';
import { model as modelSchema } from '../../contract/model.ts';
import { type CommandContext, UsageError } from '../context.ts';
import { clientOf, type HubAccess, withHubAccess } from '../hub-access.ts';

export function addRegistered(model: Command, { stdout }: CommandContext): void {
  withHubAccess(
    model
      .command('list [name]')
      .description('list the models of the registry: name@version, signed or not, aliases, bytes, when, who'),
  ).action(async (name: string | undefined, access: HubAccess) => {
    for await (const found of clientOf(access).pages('/models', modelSchema, { name })) {
      const signed = found.signed ? 'signed' : 'not signed';
      const aliases = found.aliases.join(',') || '-';
      const columns = [
        `${found.name}@${found.version}`,
        signed,
        aliases,
        found.bytes,
        found.createdAt,
        found.createdBy,
      ];
      stdout.write(`${columns.join('\t')}\n`);
    }
  });

  withHubAccess(
    model.command('show <name@version>').description('print everything that is known about a version, as JSON'),
  ).action(async (text: string, access: HubAccess) => {
    const found = await clientOf(access).ask(modelSchema, 'GET', pathOf(text));
    stdout.write(`${JSON.stringify(found, undefined, 2)}\n`);
  });

  withHubAccess(
    model
      .command('alias <alias> <name@version>')
      .description('point an alias, for example stable, to a version; --remove removes it')
      .option('--remove', 'remove the alias of this model'),
  ).action(async (alias: string, text: string, options: HubAccess & { remove?: boolean }) => {
    const { name, version } = partsOf(text);
    if (options.remove) await clientOf(options).removeAlias(name, alias);
    else await clientOf(options).setAlias(name, alias, version);
  });

  withHubAccess(
    model.command('delete <name@version>').description('delete a version that no alias, device or rollout uses'),
  ).action(async (text: string, access: HubAccess) => {
    const { name, version } = partsOf(text);
    await clientOf(access).removeModel(name, version);
  });
}

/** Path of a version below /api/v1. @throws UsageError */
export function pathOf(text: string): string {
  const { name, version } = partsOf(text);
  return `/models/${encodeURIComponent(name)}/${encodeURIComponent(version)}`;
}

function partsOf(text: string): { name: string; version: string } {
  const [name, version, ...rest] = text.split('@');
  if (!name || !version || rest.length > 0)
    throw new UsageError(`"${text}" must be NAME@VERSION, such as yolox-nano@1.0.0`);
  return { name, version };
}
