import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { errorCodes } from '../../../shared/kit/errors.ts';

test('the agent’s README lists exactly the codes that there are, with their meaning', () => {
  const text = readFileSync(new URL('../../../agent/README.md', import.meta.url), 'utf8');
  const listed = [...text.matchAll(/^\| `([a-z-]+)` \| (.*) \|$/gm)].map((m) => [m[1], m[2]]);
  expect(Object.fromEntries(listed)).toEqual(errorCodes);
  expect(listed.length).toBe(Object.keys(errorCodes).length);
});
