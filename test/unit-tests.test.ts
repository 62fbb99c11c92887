import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { filesOfTheHouse, root } from './architecture/files.ts';
import { programTests, slowTests, timedTests, unitTests } from './unit-tests.ts';

const sources = new Map(
  filesOfTheHouse()
    .filter((file) => file.startsWith('test/') && file.endsWith('.ts'))
    .map((file) => [file, readFileSync(path.join(root, file), 'utf8')]),
);

test('a unit test starts no process, by itself or by a helper, and is no whole system', () => {
  const made = new Map([
    ['test/a.test.ts', "import { b } from './support/b.ts';"],
    ['test/support/b.ts', "export { c as b } from './c.ts';"],
    ['test/support/c.ts', "import { a } from '../d.ts';\nimport { spawn } from 'node:child_process';"],
    ['test/d.ts', "import { c } from './support/c.ts';"],
    ['test/e.test.ts', "import { readFileSync } from 'node:fs';\nimport { f } from '../agent/f.ts';"],
    ['agent/f.ts', "import { fork } from 'node:child_process';"],
    ['test/e2e/g.test.ts', ''],
    ['test/chaos/h.test.ts', ''],
    ['test/agent/e2e.test.ts', ''],
    ['test/agent/i.ts', ''],
  ]);
  expect(unitTests(made)).toEqual(['test/e.test.ts', 'test/agent/e2e.test.ts']);
});

test('whole programs have a command of their own; a unit test is none, wherever it lies', () => {
  const files = [
    'test/e2e/a.test.ts',
    'test/chaos/plan.test.ts',
    'test/agent/commands/x.test.ts',
    'test/agent/y.test.ts',
    'test/e2e/z.ts',
  ];
  expect(programTests([...files, ...timedTests], ['test/chaos/plan.test.ts'])).toEqual([
    'test/e2e/a.test.ts',
    'test/agent/commands/x.test.ts',
  ]);
});

test('most of the tests are unit tests, and none of them needs a build', () => {
  const all = [...sources.keys()].filter((file) => file.endsWith('.test.ts'));
  const units = unitTests(sources);
  expect(units.length).toBeGreaterThan(all.length * 0.7);
  expect(units).toContain('test/shared/contract/codec.test.ts');
  expect(units).not.toContain('test/agent/commands/infer.test.ts');
  expect(units.filter((file) => /\bdist\/|\bbuilt\(/.test(sources.get(file) ?? ''))).toEqual([]);
});

test('each file of the list of slow ones exists, would be a unit test without it, and says why it is slow', () => {
  const listed = Object.keys(slowTests);
  expect(listed.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
  const withoutList = new Set(unitTests(sources, {}));
  expect(listed.filter((file) => !withoutList.has(file))).toEqual([]);
  expect(Object.values(slowTests).filter((why) => why.length < 10)).toEqual([]);
});
