/** `vedette-hub model upload`: a package into the registry of a running hub; with keys at hand signed as well. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { packPackage } from '../../../shared/engine/package/archive.ts';
import { digestOfFile } from '../../../shared/kit/digest.ts';
import { model as modelSchema } from '../../api/schemas/model.ts';
import type { CommandContext } from '../context.ts';
import { clientOf, type HubAccess, withHubAccess } from '../hub-access.ts';
import { signModels } from '../keys/sign.ts';

interface Options extends HubAccess {
  readonly keys?: string;
  readonly alias?: string;
}

export function addUpload(model: Command, context: CommandContext): void {
  const command = model
    .command('upload <package>')
    .description('upload a model package, a folder or its .tar.gz, to a running hub')
    .option('--keys <folder>', 'sign it at once with the targets keys in this folder, so that devices may install it')
    .option('--alias <name>', 'point this alias to it, for example canary')
    .addHelpText(
      'after',
      '\nWithout --keys the model is registered and cannot be installed yet: see `vedette-hub keys sign`.',
    );
  withHubAccess(command).action(async (source: string, options: Options) => {
    const client = clientOf(options);
    const scratch = mkdtempSync(path.join(tmpdir(), 'vedette-upload-'));
    try {
      const archive = statSync(source).isDirectory() ? path.join(scratch, 'package.tar.gz') : source;
      if (archive !== source) await packPackage(source, archive);
      const digest = await digestOfFile(archive);
      const made = await client.upload(`/models?digest=${digest}`, archive, modelSchema);
      const name = `${made.name}@${made.version}`;
      context.stdout.write(`${name}\t${made.digest}\t${made.bytes} bytes\n`);
      if (options.alias !== undefined) {
        const target = `/models/${made.name}/aliases/${options.alias}`;
        await client.call('PUT', target, modelSchema, { version: made.version });
      }
      if (options.keys !== undefined) await signModels(client, options.keys, [name], context);
      else if (!made.signed) context.stderr.write(`not signed yet: vedette-hub keys sign ${name}\n`);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  });
}
