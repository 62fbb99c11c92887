/** The closing lines of `.ci/run`, from reports that Vitest itself writes. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { tempFolder } from '../support/temp.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** Runs tests as `.ci/run` does, in a folder of their own, and the verdict over the five reports. */
function verdictOf(tests: string, attacked = '0') {
  const folder = tempFolder();
  writeFileSync(path.join(folder, 'a.test.ts'), `import { expect, test } from 'vitest';\n${tests}`);
  const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
  const report = path.join(folder, 'test.json');
  const args = ['run', '--root', folder, '--retry=1', '--reporter=json', `--outputFile.json=${report}`];
  const ran = spawnSync(process.execPath, [vitest, ...args], { cwd: folder, encoding: 'utf8' });
  for (const name of ['test-e2e.json', 'test-postgres.json', 'test-lts.json', 'test-lts-programs.json'])
    copyFileSync(report, path.join(folder, name));
  const verdict = spawnSync(
    process.execPath,
    [path.join(root, '.ci/verdict.mjs'), folder, String(ran.status), attacked],
    { cwd: folder, encoding: 'utf8' },
  );
  return { code: verdict.status, lines: verdict.stdout.trimEnd().split('\n') };
}

test('a test that needed its second try is named with its file and what it said first, and fails nothing', () => {
  const { code, lines } = verdictOf(`
    let tries = 0;
    test('every time', () => expect(1).toBe(1));
    test('at the second try', () => expect(++tries).toBe(2));
  `);
  const named = ['  a.test.ts: at the second try', '    AssertionError: expected 1 to be 2 // Object.is equality'];
  expect(lines).toEqual([
    '5 passed only at the second try; mend the cause of each:',
    ...named,
    ...named,
    ...named,
    ...named,
    ...named,
    '11 passed, 0 failed',
  ]);
  expect(code).toBe(0);
});

test('failed and skipped tests, and attacks that did not hold, fail the run; nothing is said of second tries', () => {
  const failing = verdictOf(`test('never', () => expect(1).toBe(2)); test.skip('left out', () => {});`, '1');
  const never = ['failed: a.test.ts: never', '    AssertionError: expected 1 to be 2 // Object.is equality'];
  expect(failing.lines).toEqual([
    'skipped, which is not allowed here: left out',
    'skipped, which is not allowed here: left out',
    'skipped, which is not allowed here: left out',
    'skipped, which is not allowed here: left out',
    'skipped, which is not allowed here: left out',
    'failed: npm run attack (exit code 1)',
    ...never,
    ...never,
    ...never,
    ...never,
    ...never,
    '0 passed, 11 failed',
  ]);
  expect(failing.code).toBe(1);
});

test('an error that no test awaited fails the run, and is said: each test passed', () => {
  const { code, lines } = verdictOf(`test('passes', () => { void Promise.reject(new Error('stray')); });`);
  expect(lines).toEqual(['failed: an error outside of tests; look for "Unhandled" above', '6 passed, 1 failed']);
  expect(code).toBe(1);
});
