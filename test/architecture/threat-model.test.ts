/** The threat model (.github/SECURITY.md) promises a test for each row: the tests and attacks that it names exist. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { agentAttacks } from '../attack/agent/attacks.ts';
import { attacks } from '../attack/attacks.ts';
import { root } from './files.ts';

/** Beside those that are listed (attack/main.ts). */
const MORE = ['anything', 'worst'];
const names = new Set([...attacks, ...agentAttacks].map(({ name }) => name).concat(MORE));

interface Row {
  readonly what: string;
  readonly tests: readonly string[];
  readonly attacks: readonly string[];
}

/** The rows of all tables whose last column is `test`. */
function rowsOf(text: string): Row[] {
  const rows: Row[] = [];
  let isTests = false;
  for (const line of text.split('\n')) {
    const cells = line.startsWith('|')
      ? line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim())
      : [];
    const last = cells.at(-1) ?? '';
    if (cells.length === 0) isTests = false;
    else if (last === 'test') isTests = true;
    else if (isTests && !/^-+$/.test(last)) {
      const named = [...last.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
      const isFile = (name: string) => name.includes('/');
      rows.push({ what: cells[0] ?? '', tests: named.filter(isFile), attacks: named.filter((name) => !isFile(name)) });
    }
  }
  return rows;
}

const missing = (row: Row) => [
  ...(row.tests.length === 0 ? ['no test'] : []),
  ...row.tests.filter((file) => !/^test\/.*\.test\.ts$/.test(file) || !existsSync(path.join(root, file))),
  ...row.attacks.filter((name) => !names.has(name)),
];

test('each row of the threat model has a test that exists', () => {
  const rows = rowsOf(readFileSync(path.join(root, '.github/SECURITY.md'), 'utf8'));
  expect(rows.length).toBeGreaterThan(30);
  expect(rows.map((row) => [row.what, missing(row)] as const).filter(([, wrong]) => wrong.length > 0)).toEqual([]);
  // And each attack stands in it.
  const told = new Set(rows.flatMap((row) => row.attacks));
  expect([...names].filter((name) => !told.has(name))).toEqual([]);
});

test('a row without a test, and one with a test or an attack that is not there, are found', () => {
  const table = '| who | what holds it | test |\n|---|---|---|\n';
  const wrongOf = (cell: string) => rowsOf(`${table}| a | b | ${cell} |`).map(missing);
  expect(wrongOf('`test/architecture/threat-model.test.ts`, attack `bombs`')).toEqual([[]]);
  expect(wrongOf('trust us')).toEqual([['no test']]);
  expect(wrongOf('`test/none.test.ts`; attack `none`')).toEqual([['test/none.test.ts', 'none']]);
  expect(wrongOf('attack `bombs`')).toEqual([['no test']]);
});
