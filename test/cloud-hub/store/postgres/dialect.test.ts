import { describe, expect, test } from 'vitest';
import { postgresDialect } from '../../../../cloud-hub/store/postgres/dialect.ts';
import { statementsOf } from '../../../../cloud-hub/store/statement.ts';
import { hasPostgres, withoutPostgres } from '../../../support/postgres.ts';
import { openAt, postgresOfFile } from './support.ts';

const { jsonText, jsonElements } = postgresDialect;

describe.skipIf(!hasPostgres)(`what PostgreSQL says in its own way${withoutPostgres}`, () => {
  const postgres = postgresOfFile();

  test('JSON with characters that PostgreSQL does not know is read all the same', async () => {
    const database = await openAt(await postgres.it().newDatabase());
    const prepare = statementsOf(database);
    const text = prepare(`SELECT ${jsonText('body', 'a')} AS a FROM (SELECT CAST(? AS text) AS body) AS t`).pluck();
    const elements = prepare(
      `SELECT ${jsonText('e.value', 'b')} AS b FROM (SELECT CAST(? AS text) AS body) AS t, ${jsonElements('e', 'body', 'list')}`,
    ).pluck();
    for (const [given, read = given] of [
      ['plain'],
      ['a\0b\0\0', 'a\uFFFDb\uFFFD\uFFFD'],
      ['half \ud83d of it', 'half \uFFFD of it'],
      ['\udc00\ud800', '\uFFFD\uFFFD'],
      // A backslash, and then the letters.
      ['\\u0000'],
      ['\\\0', '\\\uFFFD'],
      ['👍 ü \u2028 "\\'],
    ] as const) {
      expect(await text.get(JSON.stringify({ a: given, z: given })), JSON.stringify(given)).toBe(read);
      expect(await elements.all(JSON.stringify({ list: [{ b: given }], z: '\0' })), JSON.stringify(given)).toEqual([
        read,
      ]);
    }
  });
});
