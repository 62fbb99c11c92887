/** deploy/container/Dockerfile: what can be said of it without building. `npm run proof -- containers` and `-- images` build it. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';

const folder = path.join(import.meta.dirname, '../../../deploy/container');
const dockerfile = readFileSync(path.join(folder, 'Dockerfile'), 'utf8').replaceAll('\\\n', ' ');
const step = (first: string) => new RegExp(`^RUN (${first}.*)$`, 'm').exec(dockerfile)?.[1] ?? '';

test('each build argument is in the README, with its default', () => {
  const rows = [
    ...readFileSync(path.join(folder, 'README.md'), 'utf8').matchAll(/^\| ((?:`\w+`(?:, )?)+) \| (.*?) \|/gm),
  ];
  const told = new Map(
    rows.flatMap(([, names = '', defaults = '']) => {
      const values = [...defaults.matchAll(/`([^`]+)`/g)].map(([, value]) => value);
      return [...names.matchAll(/`(\w+)`/g)].map(([, name = ''], at) => [name, values[at]] as const);
    }),
  );
  const given = new Map(
    [...dockerfile.matchAll(/^ARG (\w+)=(\S+)$/gm)].map(([, name = '', value = '']) => [name, value]),
  );
  expect([...told.keys()].toSorted()).toEqual([...given.keys()].toSorted());
  for (const [name, value] of told) if (value !== undefined) expect(given.get(name)).toMatch(new RegExp(`${value}$`));
});

test.each([
  ['cpu', 'amd64', 0, ''],
  ['cpu', 'arm64', 0, ''],
  ['cuda', 'arm64', 1, 'ACCELERATOR=cuda for arm64: known are cpu, and cuda for amd64\n'],
  ['rocm', 'amd64', 1, 'ACCELERATOR=rocm for amd64: known are cpu, and cuda for amd64\n'],
])('accelerator %s for %s ends with %d', (accelerator, arch, code, said) => {
  const env = { PATH: process.env.PATH, ACCELERATOR: accelerator, TARGETARCH: arch, PRODUCT: 'vedette-agent' };
  const { status, stderr } = spawnSync('sh', ['-c', step('case')], { env, encoding: 'utf8' });
  expect([status, stderr]).toEqual([code, said]);
});

test('ONNX Runtime knows the provider that the step asks for, and puts it where the step looks', () => {
  const script = /(node_modules\/\S+\/script)\/install\.js/.exec(step('case'))?.[1] ?? '';
  const asked = /ONNXRUNTIME_NODE_INSTALL=(\w+)/.exec(step('case'))?.[1] ?? '';
  const require = createRequire(import.meta.url);
  const metadata = z
    .object({ manifests: z.record(z.string(), z.record(z.string(), z.object({ path: z.string() }))) })
    .parse(require(path.join(import.meta.dirname, '../../..', script, 'install-metadata.js')));
  const files = Object.keys(metadata.manifests[`linux/x64:${asked}`] ?? {});
  expect(files).toContain('./libonnxruntime_providers_cuda.so');
  expect(files.filter((file) => !/^\.\/libonnxruntime_providers_\w+\.so$/.test(file))).toEqual([]);
});

test('the image runs as no root, has a health check, hands signals on, and says what it is', () => {
  const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
  expect(last).not.toMatch(/^RUN /m);
  expect(last).toMatch(/^USER \$\{USER_ID\}:\$\{USER_ID\}$/m);
  expect(last).toMatch(/^HEALTHCHECK .*CMD \["\/etc\/vedette\/start", "--health"\]$/m);
  expect(last).toMatch(/^ENTRYPOINT \["tini", /m);
  const labels = [...last.matchAll(/org\.opencontainers\.image\.(\w+)=/g)].map(([, name]) => name);
  expect(labels).toEqual(['title', 'description', 'licenses', 'version', 'revision', 'created']);
});
