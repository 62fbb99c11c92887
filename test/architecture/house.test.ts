import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { breaches, type Sources } from './house-rules.ts';

const root = path.resolve(import.meta.dirname, '../..');

function git(...args: string[]): string[] {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\n').filter(Boolean);
}

const files = git('ls-files', '--cached', '--others', '--exclude-standard').filter((f) =>
  existsSync(path.join(root, f)),
);

function sources(extra: Record<string, string> = {}): Sources {
  const own = files.filter((f) => /\.tsx?$/.test(f));
  return new Map([...own.map((f) => [f, readFileSync(path.join(root, f), 'utf8')] as const), ...Object.entries(extra)]);
}

test('the house keeps its rules', () => {
  expect(breaches(sources())).toEqual([]);
});

test('the root holds what DESIGN names and nothing else', () => {
  const allowed =
    /^(agent|cloud-hub|shared|deploy|fixtures|test|package\.json|package-lock\.json|tsconfig\.json|biome\.json|README\.md|LICENSE|\..+)$/;
  expect([...new Set(files.map((f) => f.split('/')[0] ?? ''))].filter((entry) => !allowed.test(entry))).toEqual([]);
});

test('no file names a place that only one machine has', () => {
  const own = path.dirname(root);
  const leaks = files.filter(
    (f) => !f.endsWith('package-lock.json') && readFileSync(path.join(root, f), 'utf8').includes(`${own}/`),
  );
  expect(own === '/' ? [] : leaks).toEqual([]);
});

const bad: [string, string, string, RegExp][] = [
  [
    'a stage that imports another',
    'agent/pipeline/rules/spy.ts',
    "import { x } from '../track/iou.ts';",
    /another stage/,
  ],
  [
    'a stage that imports the walk',
    'agent/pipeline/track/spy.ts',
    "import type { Walk } from '../stream.ts';",
    /another stage/,
  ],
  ['an agent that imports the hub', 'agent/spy.ts', "import { x } from '../cloud-hub/hub.ts';", /imports the hub/],
  ['a kit that knows the contract', 'shared/kit/spy.ts', "import { x } from '../contract/names.ts';", /not kit/],
  ['a package out of its home', 'agent/sync/spy.ts', "import mqtt from 'mqtt';", /lives only in shared\/kit\/link\.ts/],
  ['a type import of a package out of its home', 'agent/spy.ts', "import type { X } from 'node-av/lib';", /lives only/],
  ['a clock read elsewhere', 'agent/health/spy.ts', 'export const t = () => Date.now();', /reads a clock/],
  ['a topic literal', 'agent/sync/spy.ts', "export const t = 'vedette/v1/x/up/records';", /topic literal/],
  ['an environment read', 'agent/spy.ts', 'export const t = process.env.HOME;', /only main\.ts/],
  ['state at module level', 'agent/spy.ts', 'let n = 0;\nexport const next = () => ++n;', /module level/],
  ['a file with two jobs', 'shared/kit/spy.ts', 'export {};\n'.repeat(301), /two jobs/],
];

test.each(bad)('%s is found', (_what, file, text, expected) => {
  expect(breaches(sources({ [file]: text })).join('\n')).toMatch(expected);
});

test('an import cycle is found', () => {
  const loop = { 'shared/kit/a.ts': "export { b } from './b.ts';", 'shared/kit/b.ts': "import { a } from './a.ts';" };
  expect(breaches(sources(loop)).join('\n')).toMatch(/cycle: shared\/kit\/a\.ts → shared\/kit\/b\.ts/);
});
