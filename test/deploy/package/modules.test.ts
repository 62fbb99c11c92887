import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { closureOf, importedPackages, keeps } from '../../../deploy/package/modules.ts';
import { tempFolder } from '../../support/temp.ts';

test('the packages that files import are found in every form, and what only looks like one is not', () => {
  const texts = [
    `import Database from 'better-sqlite3';\nexport * from "@peculiar/x509";`,
    `const { pino } = await import('pino'); createRequire(import.meta.url)('./program.js');`,
    `import 'sharp/lib/x.js'; // what comes from 'committed' data\nimport fs from 'node:fs'; require('ws')`,
    `const koffi = createRequire(import.meta.url)('koffi');`,
  ];
  const ours = ['@peculiar/x509', 'better-sqlite3', 'koffi', 'pino', 'sharp', 'ws', 'yaml'];
  expect(importedPackages(texts, ours)).toEqual(['@peculiar/x509', 'better-sqlite3', 'koffi', 'pino', 'sharp', 'ws']);
});

/** Writes `node_modules` from paths and manifests. */
function installed(packages: Readonly<Record<string, object>>): string {
  const root = tempFolder();
  for (const [at, manifest] of Object.entries(packages)) {
    const folder = path.join(root, at.replaceAll(/(^|>)/g, '/node_modules/'));
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'package.json'), JSON.stringify(manifest));
  }
  return root;
}

test('what a package depends on comes along, as Node finds it: nested copies first, cycles once', () => {
  const root = installed({
    a: { dependencies: { b: '1', '@s/c': '1' } },
    b: { dependencies: { a: '1' } },
    'a>@s/c': { peerDependencies: { b: '1' } },
    '@s/c': {},
    idle: {},
  });
  expect(closureOf(['a'], root)).toEqual(['node_modules/a', 'node_modules/a/node_modules/@s/c', 'node_modules/b']);
});

test('an optional package may be missing, a needed one may not', () => {
  const root = installed({
    a: { optionalDependencies: { gone: '1' }, peerDependencies: { away: '1' } },
    b: { dependencies: { gone: '1' } },
  });
  expect(closureOf(['a'], root)).toEqual(['node_modules/a']);
  expect(() => closureOf(['b'], root)).toThrow(/gone, which node_modules\/b needs, is not installed/);
});

test.for([
  ['node_modules/onnxruntime-node/bin/napi-v6/linux/arm64/libonnxruntime.so.1', 'arm64'],
  ['node_modules/onnxruntime-node/bin/napi-v6/linux/x64/onnxruntime_binding.node', 'x64'],
  ['node_modules/onnxruntime-node/bin/napi-v6/win32/x64/DirectML.dll', ''],
  ['node_modules/onnxruntime-node/bin/napi-v6/darwin/arm64/libonnxruntime.1.dylib', ''],
  ['node_modules/@img/sharp-libvips-linux-arm64/lib/libvips-cpp.so.8', 'arm64'],
  ['node_modules/@seydx/node-av-linux-x64/node-av.node', 'x64'],
  ['node_modules/better-sqlite3/lib/linuxmusl-x64.js', ''],
  ['node_modules/better-sqlite3/lib/linux-arm64.js', 'arm64'],
  ['node_modules/better-sqlite3/deps/sqlite3/sqlite3.c', ''],
  ['node_modules/a/index.d.ts', ''],
  ['node_modules/a/lib/index.js.map', ''],
  ['node_modules/a/LICENSE.md', 'x64 arm64'],
  ['node_modules/test/index.js', 'x64 arm64'],
  ['node_modules/yaml/lib/test/docs/directives.js', 'x64 arm64'],
  ['node_modules/yaml/test/directives.js', ''],
  ['node_modules/@deps/docs/index.js', 'x64 arm64'],
  ['node_modules/fastify/lib/logger-pino.js', 'x64 arm64'],
] as const)('%s is for: %s', ([file, cpus]) => {
  expect((['x64', 'arm64'] as const).filter((cpu) => keeps(file, { cpu })).join(' ')).toBe(cpus);
});
