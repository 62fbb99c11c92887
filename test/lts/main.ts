#!/usr/bin/env node
/**
 * Runs tests on the Node that packages and images carry, in a copy of the checkout: its own `node_modules` differ by the SQLite that is
 * made for that Node, as in the packages. All others are native modules of Node-API, or JavaScript, and the same.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { NODE_VERSION, SQLITE } from '../../deploy/package/products.ts';
import { nodeFor, putSqlite, type Workshop } from '../../deploy/package/runtime.ts';
import { messageOf } from '../../shared/kit/errors.ts';

/** What depends on Node most: native modules (SQLite, ONNX Runtime), TLS, and programs that are killed. */
const MEANT = [
  'test/agent/buffer/crash.test.ts',
  'test/agent/identity/enrol.test.ts',
  'test/agent/runner/process.test.ts',
  'test/cloud-hub/model-init/init.test.ts',
  'test/cloud-hub/store',
  'test/e2e/tls.test.ts',
  'test/shared/engine/infer',
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
  .argument('[files...]', 'instead of those that are meant')
  .option('--out <file>', 'where to write the report of Vitest (JSON)')
  .action(async (files: string[], { out }: { out?: string }) => {
    const node = await nodeFor(process.arch === 'arm64' ? 'arm64' : 'amd64', workshop);
    const scratch = mkdtempSync(path.join(tmpdir(), 'vedette-lts-'));
    const folder = path.join(scratch, 'checkout');
    // Development assets lie beside the checkout, where there are any.
    const beside = path.join(path.dirname(root), 'shared');
    if (existsSync(beside)) symlinkSync(beside, path.join(scratch, 'shared'));
    try {
      await copyTo(folder);
      const report =
        out === undefined ? [] : ['--reporter=default', '--reporter=json', `--outputFile.json=${path.resolve(out)}`];
      process.exitCode = await vitest(node, folder, ['--retry=1', ...report, ...(files.length > 0 ? files : MEANT)]);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  });

program.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
program.parseAsync().catch((error: unknown) => {
  console.error(`test:lts: ${messageOf(error)}`);
  process.exit(1);
});
