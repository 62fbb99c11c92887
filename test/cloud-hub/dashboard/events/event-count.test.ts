import { expect, test } from 'vitest';
import { countMeaning, countText } from '../../../../cloud-hub/dashboard/events/event-count.ts';

test('the number of an event says what it is, and why it is there', () => {
  expect(countText('threshold', 3)).toBe('3 there');
  expect(countText('line', 1)).toBe('1 so far');
  expect(countMeaning('line')).toContain('crossed the line');
  expect(countMeaning('zone')).toContain('counted at this moment');
});
