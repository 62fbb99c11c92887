import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';

const root = path.resolve(import.meta.dirname, '../..');
const lockFile = z.object({ packages: z.record(z.string(), z.object({ hasInstallScript: z.boolean().optional() })) });

/**
 * The install script of onnxruntime-node looks for CUDA files on the internet and fails where it has none. `allowScripts` of
 * package.json stops it for npm from 11.19 on; older ones run what the lock file marks. `npm update` sets the mark again:
 * then take the line `"hasInstallScript": true` of onnxruntime-node out by hand.
 */
test('npm runs the install scripts that are needed, and not that of onnxruntime-node', () => {
  const { packages } = lockFile.parse(JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')));
  const marked = Object.keys(packages).filter((name) => packages[name]?.hasInstallScript === true);
  expect(marked).toEqual(expect.arrayContaining(['node_modules/better-sqlite3', 'node_modules/node-av']));
  expect(marked).not.toContain('node_modules/onnxruntime-node');
});
