/** `vedette-hub model pack`: a package folder ⇒ one file. */
import path from 'node:path';
import type { Command } from 'commander';
import { packPackage } from '../../../shared/engine/package/archive.ts';
import { readPackage } from '../../../shared/engine/package/package.ts';
import type { CommandContext } from '../context.ts';

export function addPack(model: Command, { stdout }: CommandContext): void {
  model
    .command('pack <dir>')
    .description(
      'check a package and write it as one .tar.gz: model.yaml, the files that it names, README and LICENSE.\n' +
        'The same content gives the same bytes. Prints the digest, the size and the file.',
    )
    .option('--out <file>', 'file to write (default: NAME-VERSION.tar.gz in the current folder)')
    .addHelpText('after', '\nExample:\n  vedette-hub model pack ./models/yolox-nano-416 --out yolox.tar.gz')
    .action(async (dir: string, { out }: { out?: string }) => {
      const { manifest } = await readPackage(dir);
      const file = path.resolve(out ?? `${manifest.name}-${manifest.version}.tar.gz`);
      const { digest, bytes } = await packPackage(dir, file);
      stdout.write(`${digest}\t${bytes}\t${file}\n`);
    });
}
