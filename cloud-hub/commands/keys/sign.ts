/** `vedette-hub keys sign`: models of the registry become models that devices may install. */
import type { Command } from 'commander';
import type { Client } from '../../client/client.ts';
import { model as modelSchema } from '../../contract/model.ts';
import type { CommandContext } from '../context.ts';
import { clientOf, type HubAccess, withHubAccess } from '../hub-access.ts';
import { pathOf } from '../model/registered.ts';
import { targetsDraft } from './drafts.ts';
import { readKeys } from './folder.ts';
import { publishedRoot, publishedTargets, signAndPublish } from './publish.ts';

export function addSign(keys: Command, context: CommandContext): void {
  withHubAccess(
    keys
      .command('sign <name@version...>')
      .description('sign models of the registry with targets keys, so that devices may install them')
      .option('--keys <folder>', 'folder with targets keys', './keys'),
  ).action(async (names: string[], options: HubAccess & { keys: string }) => {
    await signModels(clientOf(options), options.keys, names, context);
  });
}

/** @param names each NAME@VERSION */
export async function signModels(
  client: Client,
  folder: string,
  names: readonly string[],
  context: CommandContext,
): Promise<void> {
  const models = await Promise.all(names.map((name) => client.ask(modelSchema, 'GET', pathOf(name))));
  const root = await publishedRoot(client);
  const signed = targetsDraft(await publishedTargets(client), models, context.clock.wall());
  const keys = readKeys(folder, 'targets');
  await signAndPublish(client, 'targets', { signed, signatures: [] }, [root], keys, context);
}
