/** `vedette-hub keys …`: who may sign models. One file a family of commands in `keys/`, one line here. */
import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { addSignatures, metadataBytes } from '../../shared/trust/sign.ts';
import { trustState } from '../contract/trust.ts';
import type { CommandContext } from './context.ts';
import { clientOf, type HubAccess, withHubAccess } from './hub-access.ts';
import { readKeys } from './keys/folder.ts';
import { addInit } from './keys/init.ts';
import { published, publishedRoot, readDraft } from './keys/publish.ts';
import { addRotate } from './keys/rotate.ts';
import { addSign } from './keys/sign.ts';

export function addKeysCommands(program: Command, context: CommandContext): void {
  const { stdout } = context;
  const keys = program
    .command('keys')
    .description('keys that sign models (The Update Framework): make, use, renew and rotate them');
  addInit(keys, context);
  addSign(keys, context);
  addRotate(keys, context);

  keys
    .command('cosign <draft>')
    .description('add your signatures to a draft; works without a hub')
    .option('--keys <folder>', 'folder with the keys', './keys')
    .action((file: string, options: { keys: string }) => {
      const { role, content } = readDraft(file);
      const mine = readKeys(options.keys, role);
      writeFileSync(file, metadataBytes(addSignatures(content, mine)));
      stdout.write(`${file}: signed with ${mine.length} ${role} key(s)\n`);
    });

  withHubAccess(keys.command('publish <draft>').description('publish a draft that everybody has signed')).action(
    async (file: string, access: HubAccess) => {
      const { role, content } = readDraft(file);
      const state = await clientOf(access).ask(trustState, 'PUT', `/trust/${role}`, { body: content });
      stdout.write(`${role}.json is published; ${state.targets} packages are signed\n`);
    },
  );

  withHubAccess(
    keys.command('show').description('show versions, expiry, keys and thresholds, and what you have to do'),
  ).action(async (access: HubAccess) => {
    const { roles, targets, warnings } = await clientOf(access).ask(trustState, 'GET', '/trust');
    for (const [role, state] of Object.entries(roles ?? {})) {
      const ids = state.keys.map((id) => id.slice(0, 12)).join(',');
      stdout.write(`${[role, state.version, state.expiresAt, `${state.threshold} of ${ids}`].join('\t')}\n`);
    }
    stdout.write(`${targets} packages are signed\n`);
    for (const warning of warnings) stdout.write(`warning: ${warning}\n`);
  });

  withHubAccess(keys.command('root').description('print root.json, which you have to put on every device once')).action(
    async (access: HubAccess) => {
      const client = clientOf(access);
      const { version } = await publishedRoot(client);
      stdout.write(metadataBytes(await published(client, `${version}.root.json`)));
    },
  );
}
