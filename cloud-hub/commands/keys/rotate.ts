/** `vedette-hub keys add|rotate|renew`: changes of who may sign, each a new root.json. */
import { type Command, Option } from 'commander';
import { keyIdOf } from '../../../shared/trust/file.ts';
import { publicKey, type RoleName, type RootSigned } from '../../../shared/trust/schema.ts';
import type { Client } from '../../client/client.ts';
import { trustState } from '../../contract/trust.ts';
import { type CommandContext, UsageError } from '../context.ts';
import { clientOf, type HubAccess, withHubAccess } from '../hub-access.ts';
import { type RoleKeys, rolesOf, rootDraft, targetsDraft } from './drafts.ts';
import { createKey, type OfflineRole, offlineRoles, readKeys } from './folder.ts';
import { publishedRoot, publishedTargets, signAndPublish } from './publish.ts';

interface Options extends HubAccess {
  readonly keys: string;
  readonly drop?: string;
  readonly threshold?: string;
}

export function addRotate(keys: Command, context: CommandContext): void {
  const command = (name: string, description: string) =>
    withHubAccess(
      keys.command(name).description(description).option('--keys <folder>', 'folder with the keys', './keys'),
    );

  command('add <role>', 'make one more key for root or targets, and name it in a new root')
    .addOption(new Option('--threshold <n>', 'new threshold of the role'))
    .action((role: string, options: Options) => change(offline(role), options, context, false));

  command('rotate <role>', 'replace a key: of root or targets by a new one here, of snapshot or timestamp at the hub')
    .option('--drop <id>', 'first characters of the id of the key to replace (default: the only one)')
    .action(async (role: string, options: Options) => {
      if (role === 'snapshot' || role === 'timestamp') await rotateOnline(role, options, context);
      else await change(offline(role), options, context, true);
    });

  command('renew <role>', 'sign root or targets anew before it expires').action(
    async (role: string, options: Options) => {
      const client = clientOf(options);
      if (offline(role) === 'targets') return void (await resignTargets(client, options.keys, context));
      const root = await publishedRoot(client);
      await publishRoot(client, root, rolesOf(root), options.keys, context);
    },
  );
}

async function change(role: OfflineRole, options: Options, context: CommandContext, drops: boolean): Promise<void> {
  const client = clientOf(options);
  const root = await publishedRoot(client);
  const roles = rolesOf(root);
  const kept = drops ? without(roles[role], options.drop, role) : roles[role].keys;
  const threshold = options.threshold === undefined ? roles[role].threshold : Number(options.threshold);
  if (!Number.isInteger(threshold) || threshold < 1 || threshold > kept.length + 1) {
    throw new UsageError(`--threshold ${options.threshold}: from 1 to ${kept.length + 1}`);
  }
  const { key, file } = createKey(options.keys, role);
  context.stdout.write(`${file}\n`);
  const next = { ...roles, [role]: { keys: [...kept, key.public], threshold } };
  const isPublished = await publishRoot(client, root, next, options.keys, context);
  // What a key signed that is gone counts no more.
  if (isPublished && role === 'targets') await resignTargets(client, options.keys, context);
}

function without({ keys }: RoleKeys, drop: string | undefined, role: OfflineRole) {
  const gone = keys.filter((key) => (drop === undefined ? keys.length === 1 : keyIdOf(key).startsWith(drop)));
  if (gone.length !== 1) {
    const ids = keys.map((key) => keyIdOf(key).slice(0, 12)).join(', ');
    throw new UsageError(`--drop: say which one of the keys of ${role} goes: ${ids}`);
  }
  return keys.filter((key) => key !== gone[0]);
}

async function rotateOnline(role: 'snapshot' | 'timestamp', options: Options, context: CommandContext): Promise<void> {
  const client = clientOf(options);
  const root = await publishedRoot(client);
  const { online } = await client.ask(trustState, 'POST', `/trust/online-keys/${role}`);
  const next = { ...rolesOf(root), [role]: { keys: [publicKey.parse(online[role])], threshold: 1 } };
  await publishRoot(client, root, next, options.keys, context);
}

function publishRoot(
  client: Client,
  before: RootSigned,
  roles: Record<RoleName, RoleKeys>,
  folder: string,
  context: CommandContext,
): Promise<boolean> {
  const signed = rootDraft(before.version + 1, roles, context.clock.wall());
  return signAndPublish(
    client,
    'root',
    { signed, signatures: [] },
    [before, signed],
    readKeys(folder, 'root'),
    context,
  );
}

async function resignTargets(client: Client, folder: string, context: CommandContext): Promise<void> {
  const root = await publishedRoot(client);
  const signed = targetsDraft(await publishedTargets(client), [], context.clock.wall());
  await signAndPublish(client, 'targets', { signed, signatures: [] }, [root], readKeys(folder, 'targets'), context);
}

function offline(role: string): OfflineRole {
  const found = offlineRoles.find((known) => known === role);
  if (!found) throw new UsageError(`"${role}" must be ${offlineRoles.join(' or ')}`);
  return found;
}
