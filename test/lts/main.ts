#!/usr/bin/env node
/**
 * Runs tests on the Node that packages and images carry, in a copy of the checkout: its own `node_modules` differ by the SQLite that is
 * made for that Node, as in the packages. All others are native modules of Node-API, or JavaScript, and the same.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { NODE_VERSION, SQLITE } from '../../deploy/package/products.ts';
import { nodeFor, putSqlite, type Workshop } from '../../deploy/package/runtime.ts';
import { sh } from '../../deploy/package/shell.ts';
import { messageOf } from '../../shared/kit/errors.ts';

/** What runs without further word: all that `npm test` runs, and of the tests of whole programs those that depend on Node most: TLS, and programs that are killed. */
const MEANT: readonly { readonly report: string; readonly args: readonly string[] }[] = [
  { report: 'test-lts.json', args: ['--project', 'unit', '--project', 'system'] },
  {
    report: 'test-lts-programs.json',
    args: ['test/e2e/tls.test.ts', 'test/e2e/kill.test.ts', 'test/e2e/restore.test.ts'],
  },
];

const root = path.resolve(import.meta.dirname, '../../..');
const cache = path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'vedette', 'package');
const workshop: Workshop = { root, cache, say: (line) => console.error(line) };

/** The checkout as it is, built too. Packages of npm are links to those that are installed. */
async function copyTo(folder: string): Promise<void> {
  mkdirSync(folder);
  for (const name of readdirSync(root))
    if (!['.git', 'node_modules', 'data', 'packages'].includes(name))
      cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
  const [from, to] = [path.join(root, 'node_modules'), path.join(folder, 'node_modules')];
  mkdirSync(to);
  for (const name of readdirSync(from))
    if (name !== SQLITE.name) symlinkSync(path.join(from, name), path.join(to, name));
  await putSqlite(to);
  // Some tests ask Git which files the house has.
  if (existsSync(path.join(root, '.git')))
    writeFileSync(
      path.join(folder, '.git'),
      `gitdir: ${await sh('git', ['rev-parse', '--absolute-git-dir'], { cwd: root })}`,
    );
}

async function vitest(node: string, folder: string, args: readonly string[]): Promise<number> {
  const bin = path.join(node, 'bin');
  const child = spawn(
    path.join(bin, 'node'),
    ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/vitest.config.ts', ...args],
    {
      cwd: folder,
      env: { ...process.env, PATH: `${bin}:${process.env.PATH ?? ''}`, npm_config_nodedir: node },
      stdio: 'inherit',
    },
  );
  const [code] = await once(child, 'close');
  return typeof code === 'number' ? code : 1;
}

const program = new Command('npm run test:lts --')
  .description(`Tests on Node ${NODE_VERSION}, which packages and images carry.`)
  .argument('[args...]', 'for Vitest (files, or -- --project e2e): instead of what is meant')
  .option('--out <folder>', 'where to write the reports of Vitest (JSON)')
  .action(async (args: string[], { out }: { out?: string }) => {
    const node = await nodeFor(process.arch === 'arm64' ? 'arm64' : 'amd64', workshop);
    const scratch = mkdtempSync(path.join(tmpdir(), 'vedette-lts-'));
    const folder = path.join(scratch, 'checkout');
    // Development assets lie beside the checkout, where there are any.
    const beside = path.join(path.dirname(root), 'shared');
    if (existsSync(beside)) symlinkSync(beside, path.join(scratch, 'shared'));
    try {
      await copyTo(folder);
      for (const run of args.length > 0 ? [{ report: 'test-lts.json', args }] : MEANT) {
        const file = path.resolve(out ?? scratch, run.report);
        const report = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
        process.exitCode = Math.max(
          Number(process.exitCode ?? 0),
          await vitest(node, folder, ['--retry=1', ...report, ...run.args]),
        );
      }
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  });

program.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
program.parseAsync().catch((error: unknown) => {
  console.error(`test:lts: ${messageOf(error)}`);
  process.exit(1);
});
