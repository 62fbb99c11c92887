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

test('what came on two days at the same time begins none on the third day and later, told or not; a day without it ends that', () => {
  const recurring = new Recurring();
  recurring.peaked(START, 4);
  expect(recurring.isAgain(START + DAY, 4, STEP)).toBe(false);
  recurring.peaked(START + DAY, 3);
  expect(recurring.isAgain(START + 2 * DAY + HOUR / 2, 4, STEP)).toBe(true);
  expect(recurring.isAgain(START + 2 * DAY + HOUR / 2 + 1, 4, STEP)).toBe(false);
  const restored = new Recurring(recurringState.parse(JSON.parse(JSON.stringify(recurring.state()))));
  restored.peaked(START + 2 * DAY, 4);
  expect(restored.isAgain(START + 3 * DAY, 4, STEP)).toBe(true);
  expect(restored.isAgain(START + 5 * DAY, 4, STEP)).toBe(false);
});

test('of a third day what is a quarter stronger than on the days before is new; a peak that grows is one', () => {
  const recurring = new Recurring();
  for (const [minutes, strength] of [
    [0, 2],
    [10, 4],
    [20, 3],
  ] as const)
    recurring.peaked(START + minutes * 60_000, strength);
  recurring.peaked(START + DAY, 3);
  expect(recurring.state()).toMatchObject({ peaks: [{ strength: 4 }, { strength: 3 }] });
  expect(recurring.isAgain(START + 2 * DAY, 5, STEP)).toBe(true);
  expect(recurring.isAgain(START + 2 * DAY, 5.1, STEP)).toBe(false);
});

test('what an older version has kept is read', () => {
  const recurring = new Recurring(recurringState.parse([{ atMs: START, strength: 8 }]));
  expect(recurring.isAgain(START + 7 * DAY, 8, STEP)).toBe(true);
  expect(recurring.state()).toEqual({ told: [{ atMs: START, strength: 8 }], peaks: [] });
});

test('it remembers a bounded number', () => {
  const recurring = new Recurring();
  for (let i = 0; i < 100; i++) {
    recurring.began(START + i * HOUR, 1);
    recurring.peaked(START + i * HOUR, 1);
  }
  const { told, peaks } = recurringState.parse(recurring.state());
  expect([told, peaks]).toEqual([expect.objectContaining({ length: 16 }), expect.objectContaining({ length: 16 })]);
});
