import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { browserClock } from '../../../../cloud-hub/dashboard/hub/browser-clock.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

test('tells the time, and how long something takes', () => {
  const began = browserClock.mono();
  vi.advanceTimersByTime(250);
  expect(browserClock.wall()).toBe(1_000_250);
  expect(browserClock.mono() - began).toBe(250);
});

test('runs once after, and again every, until it is cancelled', () => {
  const ran: string[] = [];
  browserClock.after(100, () => ran.push('after'));
  const cancelAfter = browserClock.after(100, () => ran.push('cancelled'));
  const cancelEvery = browserClock.every(40, () => ran.push('every'));
  cancelAfter();
  vi.advanceTimersByTime(99);
  expect(ran).toEqual(['every', 'every']);
  vi.advanceTimersByTime(1);
  expect(ran).toEqual(['every', 'every', 'after']);
  vi.advanceTimersByTime(20);
  cancelEvery();
  vi.advanceTimersByTime(1000);
  expect(ran).toEqual(['every', 'every', 'after', 'every']);
});

test('sleeps, unless it is told to stop before or meanwhile', async () => {
  const slept = browserClock.sleep(50);
  await vi.advanceTimersByTimeAsync(50);
  await slept;
  const abort = new AbortController();
  const stopped = browserClock.sleep(50, abort.signal);
  abort.abort(new Error('stop'));
  await expect(stopped).rejects.toThrow('stop');
  expect(vi.getTimerCount()).toBe(0);
  await expect(browserClock.sleep(50, abort.signal)).rejects.toThrow('stop');
  expect(vi.getTimerCount()).toBe(0);
});
