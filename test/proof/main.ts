#!/usr/bin/env node
/** `npm run proof`: what is installed, on machines as users have them. It needs root and takes minutes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { ensureChartTools } from '../../fixtures/chart-tools/chart-tools.ts';
import { ensureDetector } from '../../fixtures/detector/detector.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import { debianBase } from './base.ts';
import { proveCompose } from './compose.ts';
import { proveContainers } from './containers.ts';
import { proveImageBytes } from './image-bytes.ts';
import { Images } from './images.ts';
import { Machine } from './machine.ts';
import { connectTwo } from './network.ts';
import { laterPackages } from './packages.ts';
import { proveReproducible } from './reproducible.ts';
import { folderFor, proveSystemd } from './systemd.ts';

const cacheDir = path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'vedette');
const say = (line: string) => console.error(line);

async function step(what: string, run: () => Promise<string>): Promise<void> {
  const began = performance.now();
  const result = await run();
  console.log(`ok ${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${what}: ${result.trim()}`);
}

const program = new Command('npm run proof --').description('Whole installations on real machines.');

program
  .command('systemd')
  .description('the Debian packages on two machines with systemd: enrolment, watchdog, reboot, upgrades, purge')
  .option('--packages <folder>', 'folder of the packages (npm run package -- deb)', 'packages')
  .option('--mirror <url>', 'where debootstrap finds Debian (default: the mirror of this machine)')
  .option('--keep', 'leave the folders of the machines in place')
  .addHelpText(
    'after',
    '\nNeeds root, and: apt-get install debootstrap systemd-container iproute2\nExit code: 0 if everything holds, 1 if not.',
  )
  .action(async ({ packages, mirror, keep }: { packages: string; mirror?: string; keep?: boolean }) => {
    if (process.getuid?.() !== 0) throw new Error('machines need root');
    const folder = mkdtempSync(path.join(tmpdir(), 'vedette-proof-'));
    const base = await debianBase(folderFor(cacheDir, 'proof'), say, mirror);
    const network = await connectTwo(`vp${process.pid}`);
    const [hub, box] = ['hub', 'box'].map((name, i) => {
      const end = network.ends[i === 0 ? 0 : 1];
      return new Machine({ name, base, folder, network: end.namespace, address: end.address });
    }) as [Machine, Machine];
    let isOver = false;
    const end = async () => {
      if (isOver) return;
      isOver = true;
      for (const machine of [box, hub]) await machine.remove();
      await network.remove();
      if (keep) say(`the machines are in ${folder}`);
      else rmSync(folder, { recursive: true, force: true });
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.on(signal, () => void end().then(() => process.exit(1)));
    try {
      const { dir: model } = await ensureDetector({ cacheDir, print: say });
      const prepared = await laterPackages(path.resolve(packages), folderFor(folder, 'packages'));
      await step('two machines boot', async () => {
        for (const machine of [hub, box]) {
          machine.prepare();
          await machine.boot();
        }
        return (await hub.sh('systemctl --version | head -n 1')).trim();
      });
      await proveSystemd({ hub, box, packages: prepared, model, step });
      console.log('everything holds');
    } finally {
      await end();
    }
  });

program
  .command('containers')
  .description(
    'the images: built by buildah on a base made here, run by podman read-only and without rights; records arrive',
  )
  .option('--mirror <url>', 'where debootstrap finds Debian (default: the mirror of this machine)')
  .option(
    '--images <folder>',
    'keep the images there, and use what an earlier run left there (8 GB; default: nothing is kept)',
  )
  .addHelpText(
    'after',
    '\nNeeds root, npm, and: apt-get install debootstrap buildah podman crun catatonit\nExit code: 0 if everything holds, 1 if not.',
  )
  .action((flags: ImageFlags) =>
    withImages(flags, async ({ images, folder, root }) => {
      const { dir: model } = await ensureDetector({ cacheDir, print: say });
      const { helm } = await ensureChartTools({ cacheDir, print: say });
      await proveContainers({ images, folder: folderFor(folder, 'data'), root, model, helm, step });
    }),
  );

program
  .command('images')
  .description('the image of the agent for amd64 and arm64 under one name; built anew it has the same bytes')
  .option('--mirror <url>', 'where debootstrap finds Debian (default: the mirror of this machine)')
  .option('--images <folder>', 'as with containers: keep the images there')
  .addHelpText('after', '\nNeeds root, npm, and: apt-get install debootstrap buildah podman crun')
  .action((flags: ImageFlags) => withImages(flags, ({ images, root }) => proveImageBytes({ images, root, step })));

program
  .command('compose')
  .description(
    'deploy/compose by podman-compose: hub, Mosquitto with certificates, Prometheus and an agent; a new root, a revocation',
  )
  .option('--mirror <url>', 'where debootstrap finds Debian (default: the mirror of this machine)')
  .option('--images <folder>', 'as with containers: keep the images there')
  .addHelpText(
    'after',
    '\nNeeds root, npm, and: apt-get install debootstrap buildah podman podman-compose docker-compose crun catatonit iptables aardvark-dns\nExit code: 0 if everything holds, 1 if not.',
  )
  .action((flags: ImageFlags) => withImages(flags, ({ images, root }) => proveCompose({ images, root, step })));

program
  .command('reproducible')
  .description(
    'builds the packages of the last commit twice, in two clones that share no folder, and compares their bytes',
  )
  .option('--arch <name...>', 'for which machines', ['amd64'])
  .option('--out <folder>', 'leave the packages there', 'packages')
  .addHelpText('after', '\nNeeds: git, npm, dpkg-deb; for arm64 apt-get install binutils-aarch64-linux-gnu')
  .action(async ({ arch, out }: { arch: string[]; out: string }) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'vedette-proof-'));
    const root = path.resolve(import.meta.dirname, '../../..');
    try {
      await proveReproducible({ root, folder, out: path.resolve(out), arches: arch, step });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

program
  .command('power-cuts')
  .description(
    'cuts the power of a box while it enrols, and while it renews its certificate: it always has what it needs to go on',
  )
  .option('--cuts <count>', 'of each', '200')
  .action(({ cuts }: { cuts: string }) => runTest('test/agent/identity/cut-off', { VEDETTE_CUTS: cuts }));

program
  .command('rights')
  .description('random identities, actions and topics at a real Mosquitto, against the text of the contract')
  .option('--cases <count>', 'how many', '100000')
  .addHelpText('after', '\nNeeds: apt-get install mosquitto')
  .action(({ cases }: { cases: string }) => runTest('test/deploy/acl.test.ts', { VEDETTE_TEST_RIGHTS: cases }));

interface ImageFlags {
  readonly mirror?: string;
  readonly images?: string;
}

/** Images, a folder for a proof with them, and the checkout; what is not to be kept is gone afterwards. */
async function withImages(
  { mirror, images: kept }: ImageFlags,
  prove: (parts: { images: Images; folder: string; root: string }) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-proof-'));
  const root = path.resolve(import.meta.dirname, '../../..');
  const store = kept === undefined ? folderFor(folder, 'store') : path.resolve(kept);
  const images = new Images({ root, cache: folderFor(cacheDir, 'proof'), folder: store, mirror, say });
  try {
    await prove({ images, folder, root });
    console.log('everything holds');
  } finally {
    await images.release();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs a test of the suite with more than the suite has time for. @throws Error when it fails */
async function runTest(file: string, more: Readonly<Record<string, string>>): Promise<void> {
  const root = path.resolve(import.meta.dirname, '../../..');
  const vitest = [path.join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--config', 'test/vitest.config.ts'];
  const child = spawn(process.execPath, [...vitest, file], {
    cwd: root,
    env: { ...process.env, ...more },
    stdio: 'inherit',
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error('not everything holds');
}

program.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
program.parseAsync().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(`proof: ${messageOf(error)}`);
    process.exit(1);
  },
);
