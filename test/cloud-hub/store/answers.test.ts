import { writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { ANSWER_BYTES, ANSWERS_FILE, KEPT_MS, openAnswers } from '../../../cloud-hub/store/answers.ts';
import { open, seal } from '../../../cloud-hub/store/sealed-answer.ts';
import { openSqlite } from '../../../shared/kit/sqlite.ts';
import { tempFolder } from '../../support/temp.ts';

const answer = (text: string) => ({ status: 201, headers: { 'content-type': 'text/plain' }, body: Buffer.from(text) });

function opened(folder = tempFolder()) {
  const answers = openAnswers(folder);
  onTestFinished(() => answers.close());
  return answers;
}

/** As the hub gives them. `__proto__` would be one too by RFC 9110, but no object of JavaScript is sure to keep it. */
const headerName = fc.string().filter((name) => name !== '__proto__');

test('what is sealed comes back with its key, and with no other', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.string(),
      fc.uint8Array(),
      fc.dictionary(headerName, fc.string()),
      (key, other, bytes, headers) => {
        const kept = { status: 200, headers: { ...headers }, body: Buffer.from(bytes) };
        const sealed = seal(kept, key);
        expect(open(sealed, key)).toEqual(kept);
        if (other !== key) expect(open(sealed, other)).toBeUndefined();
        sealed[sealed.length - 1] = (sealed.at(-1) ?? 0) ^ 1;
        expect(open(sealed, key)).toBeUndefined();
      },
    ),
  );
});

test('a caller has so many, and his oldest go first; what is at work stays', () => {
  const answers = opened();
  const of = (i: number, caller = 'ann') => ({ caller, key: `key ${i}` });
  answers.begin(of(0), 'asked', 0);
  answers.begin(of(1, 'bob'), 'asked', 0);
  answers.finish(of(1, 'bob'), 'asked', answer('of bob'));
  for (let i = 1; i <= 1000; i++) {
    expect(answers.begin(of(i), 'asked', 0).state).toBe('new');
    answers.finish(of(i), 'asked', answer(`${i}`));
  }
  expect(answers.begin(of(0), 'asked', 0).state).toBe('working');
  expect(answers.begin(of(1000), 'asked', 0).state).toBe('done');
  expect(answers.begin(of(1, 'bob'), 'asked', 0)).toMatchObject({ state: 'done', answer: answer('of bob') });
  expect(answers.begin(of(1), 'asked', 0).state).toBe('new');
});

test('an answer that is too large is remembered without its words', () => {
  const answers = opened();
  const sender = { caller: 'ann', key: 'key' };
  answers.begin(sender, 'asked', 0);
  answers.finish(sender, 'asked', answer('x'.repeat(ANSWER_BYTES + 1)));
  expect(answers.begin(sender, 'asked', 0)).toEqual({ state: 'large', request: 'asked' });
});

test('answers end after their time, also under a clock that was set back', () => {
  const answers = opened();
  const sender = { caller: 'ann', key: 'key' };
  const at = 10 * KEPT_MS;
  answers.begin(sender, 'asked', at);
  answers.finish(sender, 'asked', answer('x'));
  expect(answers.begin(sender, 'asked', at + KEPT_MS - 1).state).toBe('done');
  expect(answers.begin(sender, 'asked', at + KEPT_MS).state).toBe('new');
  answers.finish(sender, 'asked', answer('x'));
  expect(answers.begin(sender, 'asked', 0).state).toBe('new');
});

test('a damaged file is made anew', () => {
  const folder = tempFolder();
  writeFileSync(path.join(folder, ANSWERS_FILE), 'no database '.repeat(1000));
  const answers = opened(folder);
  expect(answers.begin({ caller: 'ann', key: 'key' }, 'asked', 0).state).toBe('new');
  const file = openSqlite(path.join(folder, ANSWERS_FILE), { synchronous: 'NORMAL', readonly: true });
  expect(file.prepare('SELECT count(*) FROM answers').pluck().get()).toBe(1);
  file.close();
});
