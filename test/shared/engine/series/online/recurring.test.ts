import { expect, test } from 'vitest';
import { Recurring, recurringState } from '../../../../../shared/engine/series/online/recurring.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 0, 5);
const STEP = 300_000;

test('what comes at the same time a week or several weeks later, within an hour, is again what it was', () => {
  const recurring = new Recurring();
  recurring.began(START, 8);
  expect(recurring.isAgain(START + 7 * DAY, 8, STEP)).toBe(true);
  expect(recurring.isAgain(START + 21 * DAY - HOUR, 3, STEP)).toBe(true);
  expect(recurring.isAgain(START + 7 * DAY + HOUR + 1, 3, STEP)).toBe(false);
  expect(recurring.isAgain(START + 6 * DAY, 3, STEP)).toBe(false);
});

test('what surprises more than the first time is new, and so is all in a series without a time of the week', () => {
  const recurring = new Recurring();
  recurring.began(START, 8);
  expect(recurring.isAgain(START + 7 * DAY, 8.1, STEP)).toBe(false);
  expect(recurring.isAgain(START + 7 * DAY, 8, 2 * HOUR)).toBe(false);
});

test('two days in a row are told, the third and those after it are not; a day without it ends that', () => {
  const recurring = new Recurring();
  recurring.began(START, 4);
  expect(recurring.isAgain(START + DAY, 4, STEP)).toBe(false);
  recurring.began(START + DAY, 3);
  expect(recurring.isAgain(START + 2 * DAY + HOUR / 2, 4, STEP)).toBe(true);
  const restored = new Recurring(recurringState.parse(JSON.parse(JSON.stringify(recurring.state()))));
  expect(restored.isAgain(START + 3 * DAY, 4, STEP)).toBe(true);
  expect(restored.isAgain(START + 5 * DAY, 4, STEP)).toBe(false);
});

test('it remembers a bounded number', () => {
  const recurring = new Recurring();
  for (let i = 0; i < 100; i++) recurring.began(START + i * HOUR, 1);
  expect(recurringState.parse(recurring.state())).toHaveLength(16);
});
