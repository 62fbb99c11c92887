#!/usr/bin/env node
/** `npm run package`: Debian packages of agent and hub. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { Command, Option } from 'commander';
import { messageOf } from '../../shared/kit/errors.ts';
import { makeDeb } from './deb.ts';
import { type Arch, arches, NODE_VERSION, type Product, products } from './products.ts';
import type { Workshop } from './runtime.ts';
import { sh } from './shell.ts';
import { writeTree } from './tree.ts';

const root = path.resolve(import.meta.dirname, '../../..');

interface DebFlags {
  readonly arch: Arch[];
  readonly only?: Product;
  readonly out: string;
  readonly packageVersion?: string;
  readonly compression: 'xz' | 'zstd' | 'none';
}

const cache = path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'vedette', 'package');
const workshop: Workshop = { root, cache, say: (line) => console.error(line) };

function ownVersion(): string {
  return (JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string }).version;
}

const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

const program = new Command('npm run package --').description(
  `Packages of agent and hub that bring everything along, Node ${NODE_VERSION} too.`,
);

program
  .command('deb')
  .description('write vedette-agent_VERSION_ARCH.deb and vedette-hub_VERSION_ARCH.deb')
  .addOption(
    new Option('--arch <name...>', 'for which machines; may repeat').choices(arches).default(['amd64'], 'amd64'),
  )
  .addOption(new Option('--only <product>', 'one of the two').choices(products))
  .option('--out <folder>', 'where to write them', 'packages')
  .option('--package-version <version>', 'version of the packages (default: that of package.json)')
  .addOption(
    new Option('--compression <name>', 'of dpkg-deb; xz is smallest').choices(['xz', 'zstd', 'none']).default('xz'),
  )
  .addHelpText(
    'after',
    '\nNeeds: dpkg-deb, strip; for arm64 on another machine: apt-get install binutils-aarch64-linux-gnu\n\n' +
      'Then, on the box:  apt install ./vedette-agent_VERSION_ARCH.deb\n' +
      'Exit code: 0 if all are written, 1 if not, 2 for wrong use.',
  )
  .action(async ({ arch, only, out, packageVersion, compression }: DebFlags) => {
    const epoch = Number(
      process.env.SOURCE_DATE_EPOCH ?? (await sh('git', ['log', '-1', '--format=%ct'], { cwd: root })),
    );
    for (const one of arch) {
      for (const product of only ? [only] : products) {
        const options = {
          product,
          arch: one,
          version: packageVersion ?? ownVersion(),
          out: path.resolve(out),
          epoch,
          compression,
        };
        const made = await makeDeb(options, workshop);
        console.log(
          `${made.file}\t${mib(made.bytes)}, installed ${mib(made.installedBytes)}; ${made.packages.length} packages of npm; glibc ${made.glibc}`,
        );
      }
    }
  });

program
  .command('tree')
  .description('write the files of a product into a folder, as packages and images hold them')
  .argument('<folder>', 'it must be empty or absent')
  .addOption(new Option('--only <product>', 'which').choices(products).makeOptionMandatory())
  .addOption(new Option('--arch <name>', 'for which machine').choices(arches).default('amd64'))
  .action(async (folder: string, { only, arch }: { only: Product; arch: Arch }) => {
    const packages = await writeTree({ product: only, arch, version: ownVersion() }, path.resolve(folder), workshop);
    console.log(`${folder}\t${packages.length} packages of npm`);
  });

program.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
program.parseAsync().catch((error: unknown) => {
  console.error(`package: ${messageOf(error)}`);
  process.exit(1);
});
