import { expect, test } from 'vitest';
import { opinionText, outcomeWords } from '../../../../cloud-hub/dashboard/events/opinion-words.ts';
import { opinions } from '../../../../shared/contract/messages/verdict.ts';

test('an opinion says what the hub sees, and how sure it is', () => {
  expect(opinionText({ outcome: 'confirmed', label: 'person', score: 0.912 })).toBe('confirmed: person 91%');
  expect(opinionText({ outcome: 'changed', label: 'dog' })).toBe('changed: dog');
  expect(opinionText({ outcome: 'withdrawn' })).toBe('withdrawn');
});

test('every outcome has words, and no two look the same', () => {
  expect(new Set(opinions.map((one) => outcomeWords[one].title)).size).toBe(opinions.length);
  expect(new Set(opinions.map((one) => outcomeWords[one].tone)).size).toBe(opinions.length);
});
