import { expect, test } from 'vitest';
import { corrections } from '../../../../cloud-hub/contract/correction.ts';
import { correctionText, verdictWords } from '../../../../cloud-hub/dashboard/events/correction-words.ts';

test('what an operator says can be read on the event', () => {
  expect(correctionText({ verdict: 'right' })).toBe('right');
  expect(correctionText({ verdict: 'wrong' })).toBe('wrong');
  expect(correctionText({ verdict: 'other', label: 'dog' })).toBe('is: dog');
});

test('every verdict has words, and no two look the same', () => {
  for (const key of ['title', 'meaning', 'tone'] as const)
    expect(new Set(corrections.map((one) => verdictWords[one][key])).size).toBe(corrections.length);
});
