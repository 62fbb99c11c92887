/** `vedette-hub keys init`: keys of a fleet, its first root, and an empty list of signed packages. */
import path from 'node:path';
import type { Command } from 'commander';
import { publicKey } from '../../../shared/trust/schema.ts';
import { trustState } from '../../contract/trust.ts';
import { type CommandContext, UsageError } from '../context.ts';
import { clientOf, type HubAccess, withHubAccess } from '../hub-access.ts';
import { rootDraft, targetsDraft } from './drafts.ts';
import { createKey, type OfflineRole } from './folder.ts';
import { signAndPublish } from './publish.ts';

interface Options extends HubAccess {
  readonly keys: string;
  readonly rootKeys: string;
  readonly rootThreshold: string;
  readonly targetsKeys: string;
  readonly targetsThreshold: string;
}

export function addInit(keys: Command, context: CommandContext): void {
  withHubAccess(
    keys
      .command('init')
      .description('make root and targets keys, and publish the first root on the hub')
      .option('--keys <folder>', 'folder for the keys; keep it away from the hub, and a copy in a safe place', './keys')
      .option('--root-keys <n>', 'number of root keys', '1')
      .option('--root-threshold <n>', 'how many of them must sign', '1')
      .option('--targets-keys <n>', 'number of targets keys', '1')
      .option('--targets-threshold <n>', 'how many of them must sign a model', '1')
      .addHelpText(
        'after',
        '\nThe hub keeps keys of its own for snapshot and timestamp; who steals them cannot sign a model.' +
          '\nGive devices the root: `vedette-hub keys root > root.json`.',
      ),
  ).action(async (options: Options) => {
    const client = clientOf(options);
    const { roles, online } = await client.ask(trustState, 'GET', '/trust');
    if (roles) throw new Error('this hub has keys already: see `vedette-hub keys show`, `keys rotate`');
    const now = context.clock.wall();
    const make = (role: OfflineRole, count: number) =>
      Array.from({ length: count }, () => createKey(options.keys, role));
    const plan = {
      root: countOf(options.rootKeys, options.rootThreshold, 'root'),
      targets: countOf(options.targetsKeys, options.targetsThreshold, 'targets'),
    };
    const made = { root: make('root', plan.root.count), targets: make('targets', plan.targets.count) };
    const offline = (role: OfflineRole) => ({
      keys: made[role].map((m) => m.key.public),
      threshold: plan[role].threshold,
    });
    const own = (key: unknown) => ({ keys: [publicKey.parse(key)], threshold: 1 });
    const root = rootDraft(
      1,
      {
        root: offline('root'),
        targets: offline('targets'),
        snapshot: own(online.snapshot),
        timestamp: own(online.timestamp),
      },
      now,
    );
    const keysOf = (role: OfflineRole) => made[role].map((m) => m.key);
    await signAndPublish(client, 'root', { signed: root, signatures: [] }, [root], keysOf('root'), context);
    const targets = targetsDraft(undefined, [], now);
    await signAndPublish(client, 'targets', { signed: targets, signatures: [] }, [root], keysOf('targets'), context);
    for (const { file } of [...made.root, ...made.targets]) context.stdout.write(`${path.normalize(file)}\n`);
  });
}

function countOf(count: string, threshold: string, role: OfflineRole): { count: number; threshold: number } {
  const parsed = { count: Number(count), threshold: Number(threshold) };
  const isWhole = Number.isInteger(parsed.count) && Number.isInteger(parsed.threshold);
  if (isWhole && parsed.threshold >= 1 && parsed.count >= parsed.threshold && parsed.count <= 16) return parsed;
  throw new UsageError(
    `--${role}-keys ${count} --${role}-threshold ${threshold}: from 1 to 16 keys, and no higher threshold`,
  );
}
