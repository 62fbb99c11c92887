// Turns Vitest's JSON reports into the closing line; a run in which a test was skipped, or none ran, has failed.
// Before it: the tests that passed only at their second try. They fail nothing, but each has a cause to mend.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const [folder, status, attacked] = process.argv.slice(2);
const expected = ['test.json', 'test-e2e.json', 'test-postgres.json', 'test-lts.json', 'test-lts-programs.json'];
const reports = expected.map((name) => path.join(folder, name)).filter((file) => existsSync(file));
const missing = expected.length - reports.length;
if (missing > 0) console.log('failed: a command of the tests left no report');
const testResults = reports.flatMap((file) => JSON.parse(readFileSync(file, 'utf8')).testResults);
const tests = testResults.flatMap((file) => file.assertionResults);
const count = (...states) => tests.filter((t) => states.includes(t.status)).length;

// The development assets are no part of the project: only where they are must their tests run.
const assets = existsSync(new URL('../../shared/assets', import.meta.url));
const skipped = tests
  .filter((t) => !['passed', 'failed'].includes(t.status))
  .filter((t) => assets || !t.fullName.includes('[assets]'));
for (const t of skipped) console.log(`skipped, which is not allowed here: ${t.fullName}`);
const broken = testResults.filter(
  (file) => file.status === 'failed' && file.assertionResults.every((t) => t.status !== 'failed'),
);
for (const file of broken) console.log(`failed as a whole: ${file.name}`);

// Vitest keeps what the first try said.
const secondTries = testResults.flatMap((file) =>
  file.assertionResults
    .filter((t) => t.status === 'passed' && t.failureMessages.length > 0)
    .map((t) => ({ ...t, file })),
);
if (secondTries.length > 0) console.log(`${secondTries.length} passed only at the second try; mend the cause of each:`);
for (const { file, fullName, failureMessages } of secondTries) {
  const [why] = failureMessages[0].split('\n');
  console.log(`  ${path.relative(process.cwd(), file.name)}: ${fullName}\n    ${why}`);
}

if (attacked !== '0') console.log(`failed: npm run attack (exit code ${attacked})`);

// Once more at the end, where people look first.
for (const file of testResults) {
  for (const { fullName, failureMessages } of file.assertionResults.filter((t) => t.status === 'failed'))
    console.log(
      `failed: ${path.relative(process.cwd(), file.name)}: ${fullName}\n    ${failureMessages[0]?.split('\n')[0]}`,
    );
}

// Vitest fails a run for what no test awaited, though each test passed.
const isStray = status !== '0' && count('failed') + broken.length + missing === 0;
if (isStray) console.log('failed: an error outside of tests; look for "Unhandled" above');

// The attacks count as one test.
const held = attacked === '0' ? 1 : 0;
const passed = count('passed') + held;
const failed = count('failed') + skipped.length + broken.length + 1 - held + missing + Number(isStray);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : Number(status));
