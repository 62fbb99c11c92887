import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { filesOfTheHouse, root } from './files.ts';
import { floorPlan, houses } from './floors.ts';
import { breaches, folderBreaches, type Sources } from './house-rules.ts';

const files = filesOfTheHouse();

function sources(extra: Record<string, string> = {}): Sources {
  const own = files.filter((f) => /\.tsx?$/.test(f));
  return new Map([...own.map((f) => [f, readFileSync(path.join(root, f), 'utf8')] as const), ...Object.entries(extra)]);
}

test('the house keeps its rules', () => {
  console.info(floorPlan());
  expect(breaches(sources())).toEqual([]);
});

test('the root holds what the architecture names and nothing else', () => {
  const allowed =
    /^(agent|cloud-hub|shared|deploy|fixtures|test|package\.json|package-lock\.json|tsconfig\.json|biome\.json|README\.md|CHANGELOG\.md|LICENSE|\..+)$/;
  expect([...new Set(files.map((f) => f.split('/')[0] ?? ''))].filter((entry) => !allowed.test(entry))).toEqual([]);
});

test('no file names a place that only one machine has', () => {
  const folder = path.dirname(root);
  // A clone right below `/tmp` or `/srv` says nothing: many files name these for good reasons.
  const places = [root, folder].filter((place) => place.split('/').filter(Boolean).length > 1);
  const leaks = files.filter((file) => {
    if (file.endsWith('package-lock.json')) return false;
    const text = readFileSync(path.join(root, file), 'utf8');
    return places.some((place) => text.includes(`${place}/`));
  });
  expect(leaks).toEqual([]);
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
    "import type { Walk } from '../walk-parts.ts';",
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
  [
    'an import upwards',
    'agent/buffer/spy.ts',
    "import type { X } from '../sync/sync.ts';",
    /agent\/buffer\/spy\.ts: imports upwards: agent\/buffer is on floor 3, agent\/sync on \d \(agent\/sync\/sync\.ts\)/,
  ],
  [
    'an import sideways',
    'cloud-hub/broker/spy.ts',
    "import { x } from '../ingest/ingest.ts';",
    /imports sideways: cloud-hub\/broker is on floor (\d), cloud-hub\/ingest on \1/,
  ],
  ['a folder without a floor', 'agent/attic/spy.ts', 'export {};', /agent\/attic\/spy\.ts: stands on no floor/],
  [
    'a part made outside of a composition root',
    'agent/sync/spy.ts',
    "import { createBoard } from '../health/board.ts';\nexport const board = createBoard();",
    /agent\/sync\/spy\.ts: makes createBoard of another room/,
  ],
  [
    'a class of another room that is made',
    'cloud-hub/api/spy.ts',
    "import { type Y, Ingest } from '../ingest/ingest.ts';\nexport const made = new Ingest({});",
    /cloud-hub\/api\/spy\.ts: makes Ingest of another room/,
  ],
  [
    'work whose failure nobody hears of',
    'cloud-hub/ingest/spy.ts',
    'export function f(g: () => Promise<void>): void {\n  void g();\n}',
    /void/,
  ],
  ['a file with two jobs', 'shared/kit/spy.ts', 'export {};\n'.repeat(301), /two jobs/],
];

test.each(bad)('%s is found', (_what, file, text, expected) => {
  expect(breaches(sources({ [file]: text })).join('\n')).toMatch(expected);
});

test('an import cycle is found', () => {
  const loop = { 'shared/kit/a.ts': "export { b } from './b.ts';", 'shared/kit/b.ts': "import { a } from './a.ts';" };
  expect(breaches(sources(loop)).join('\n')).toMatch(/cycle: shared\/kit\/a\.ts → shared\/kit\/b\.ts/);
});

test('full folders have a map, and names say what is inside', () => {
  expect(folderBreaches(files)).toEqual([]);
  const many = (folder: string) => Array.from({ length: 13 }, (_, i) => `${folder}/f${i}.ts`);
  expect(folderBreaches([...many('a'), ...many('test/a'), ...many('b').slice(1)])).toEqual([
    'a: 13 files without a README or folders; more than 12 need a map',
  ]);
  expect(folderBreaches([...many('a').slice(1), 'a/README.md'])).toEqual([]);
  expect(folderBreaches([...many('a'), 'a/b/c.ts', ...many('test/b')])).toEqual([
    'test/b: 13 files without a README or folders; more than 12 need a map',
  ]);
  expect(folderBreaches(['a/utils.ts', 'a/tools.ts', 'b/helper.tsx'])).toEqual([
    'a/utils.ts: its name says nothing of what is inside',
    'b/helper.tsx: its name says nothing of what is inside',
  ]);
});

test('every folder of the floors is there, once', () => {
  const folders = Object.values(houses).flat(2);
  expect(folders.filter((one) => !files.some((file) => file === one || file.startsWith(`${one}/`)))).toEqual([]);
  expect(new Set(folders).size).toBe(folders.length);
});
