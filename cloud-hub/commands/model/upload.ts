/** `vedette-hub model upload`: a package into the registry of a running hub; with keys at hand signed as well. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { nameFrom } from '../../../shared/contract/names.ts';
import { packPackage } from '../../../shared/engine/package/archive.ts';
import { digestOfFile } from '../../../shared/kit/digest.ts';
import { uploaded } from '../../contract/model.ts';
import type { CommandContext } from '../context.ts';
import { clientOf, type HubAccess, uploadFile, withHubAccess } from '../hub-access.ts';
import { signModels } from '../keys/sign.ts';

const BARE = 'application/octet-stream';

interface Options extends HubAccess {
  readonly keys?: string;
  readonly alias?: string;
}

export function addUpload(model: Command, context: CommandContext): void {
  const command = model
    .command('upload <package>')
    .description('upload a model package, a folder or its .tar.gz, or a bare ONNX file, to a running hub')
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
      const bare = source.toLowerCase().endsWith('.onnx');
      const made = bare
        ? await uploadFile(client, `/models?digest=${digest}&name=${nameFrom(source)}`, source, uploaded, BARE)
        : await uploadFile(client, `/models?digest=${digest}`, archive, uploaded);
      for (const { field, value, sure, why } of made.guesses ?? [])
        if (!sure) context.stderr.write(`guessed: ${field}: ${value} (${why})\n`);
      const name = `${made.name}@${made.version}`;
      context.stdout.write(`${name}\t${made.digest}\t${made.bytes} bytes\n`);
      if (options.alias !== undefined) await client.setAlias(made.name, options.alias, made.version);
      if (options.keys !== undefined) await signModels(client, options.keys, [name], context);
      else if (!made.signed) context.stderr.write(`not signed yet: vedette-hub keys sign ${name}\n`);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  });
}
