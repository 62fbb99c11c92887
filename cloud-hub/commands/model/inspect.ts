/** `vedette-hub model inspect`: what is in a package, without running it. */
import type { Command } from 'commander';
import { shapeText } from '../../../shared/engine/package/check.ts';
import { loadVariant, readPackage } from '../../../shared/engine/package/package.ts';
import type { CommandContext } from '../context.ts';

export function addInspect(model: Command, { stdout }: CommandContext): void {
  model
    .command('inspect <package>')
    .description('say what is in a model package')
    .action(async (dir: string) => {
      const pack = await readPackage(dir);
      const { manifest } = pack;
      stdout.write(`${manifest.name} ${manifest.version}, ${manifest.task}, ${manifest.license}\n`);
      for (const variant of manifest.variants) {
        const { bytes, digest, graph } = await loadVariant(pack, variant);
        const inputs = graph.inputs.map((i) => `${i.name} ${shapeText(i)}`).join(', ');
        stdout.write(`${variant.precision}\t${variant.file}\t${bytes.length} bytes\t${digest}\t${inputs}\n`);
      }
    });
}
