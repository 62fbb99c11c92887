/** The file of `--oidc-file`: what it may hold, and what is said of what it may not. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { readOidcFile } from '../../../../cloud-hub/identity/oidc/settings.ts';
import { tempFolder } from '../../../support/temp.ts';

const BASE = 'issuer: https://id.example/realms/plant\nclientId: vedette\n';

function written(text: string, secret?: string): string {
  const folder = tempFolder();
  const file = path.join(folder, 'oidc.yaml');
  writeFileSync(file, text);
  if (secret !== undefined) writeFileSync(path.join(folder, 'secret'), secret);
  return file;
}

test('a file with what is needed lets nobody in by itself, and its secret is beside it', () => {
  expect(readOidcFile(written(`${BASE}clientSecretFile: secret\n`, 's3cret\n'))).toMatchObject({
    clientSecret: 's3cret',
    clientAuth: 'basic',
    scopes: ['openid', 'profile', 'email'],
    newPeople: { domains: [], values: [] },
  });
  expect(readOidcFile(written(BASE)).clientSecret).toBeUndefined();
  expect(readOidcFile(written(BASE.replace('https://id.example', 'http://127.0.0.1:8080'))).issuer).toMatch(/^http:/);
});

test.each([
  ['', 'nothing is written there'],
  ['clientId: vedette\n', 'issuer: must be the address'],
  [BASE.replace('https:', 'http:'), 'must be https'],
  [BASE.replace('https:', 'ftp:'), 'issuer: must be the address of the provider'],
  [`${BASE}clientID: x\n`, 'clientID: unknown key'],
  [`${BASE}clientSecretFile: gone\n`, 'clientSecretFile'],
  [`${BASE}clientSecretFile: secret\n`, 'is empty'],
  [`${BASE}scopes: [profile]\n`, 'scopes: must have openid'],
  [`${BASE}role: { claim: groups, values: {} }\n`, 'role.values: must have 1 to 500 values'],
  [`${BASE}role: { claim: groups, values: { staff: root } }\n`, 'role.values.staff'],
  [`${BASE}scope: { claim: site, label: "A b" }\n`, 'scope.label'],
  [`${BASE}newPeople: { values: [staff] }\n`, 'set role too'],
  [`${BASE}newPeople: { domains: ["@x"] }\n`, 'newPeople.domains[0]'],
  ['- a\n', 'oidc.yaml'],
  [': : :', 'not YAML'],
])('a wrong file is named with its field: %j', (text, words) => {
  const file = written(text, '\n');
  expect(() => readOidcFile(file)).toThrow(words);
  expect(() => readOidcFile(file)).toThrow(`--oidc-file: ${file}`);
});

test('the example of the README is right', () => {
  const readme = readFileSync(path.join(import.meta.dirname, '../../../../cloud-hub/README.md'), 'utf8');
  const example = readme.split('```yaml\n').find((part) => part.startsWith('issuer:')) ?? '';
  const file = written((example.split('```')[0] ?? '').replace('oidc.secret', 'secret'), 'x');
  expect(readOidcFile(file)).toMatchObject({ title: 'Plant account', role: { claim: 'groups' } });
});

test('a file that is not there is named', () => {
  expect(() => readOidcFile('/nowhere/oidc.yaml')).toThrow('--oidc-file: /nowhere/oidc.yaml: ENOENT');
});
