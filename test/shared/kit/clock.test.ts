import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { systemClock } from '../../../shared/kit/clock.ts';

test('both clocks are in milliseconds, and the monotonic one is the same in every process and never goes back', () => {
  const before = systemClock.mono();
  expect(Math.abs(systemClock.wall() - Date.now())).toBeLessThan(1000);
  const other = spawnSync(process.execPath, ['-e', 'const [s, n] = process.hrtime(); console.log(s * 1e3 + n / 1e6)']);
  const after = systemClock.mono();
  expect(Number(other.stdout)).toBeGreaterThanOrEqual(before);
  expect(Number(other.stdout)).toBeLessThanOrEqual(after);
  let last = after;
  for (let i = 0; i < 10_000; i++) {
    const now = systemClock.mono();
    expect(now >= last).toBe(true);
    last = now;
  }
});

test('after comes once, every comes again, and neither comes when it was called off', async () => {
  const seen: string[] = [];
  const cancelled = [systemClock.after(1, () => seen.push('never')), systemClock.every(1, () => seen.push('never'))];
  for (const cancel of cancelled) cancel();
  await new Promise<void>((resolve) => {
    systemClock.after(1, () => seen.push('once'));
    const stop = systemClock.every(2, () => {
      seen.push('again');
      if (seen.filter((what) => what === 'again').length < 3) return;
      stop();
      resolve();
    });
    // The timers do not keep a process alive; this one does.
    void systemClock.sleep(60_000, AbortSignal.timeout(10_000)).catch(() => undefined);
  });
  await systemClock.sleep(10);
  expect(seen.filter((what) => what === 'once')).toHaveLength(1);
  expect(seen.filter((what) => what === 'again')).toHaveLength(3);
  expect(seen).not.toContain('never');
});

test('a sleep is long enough, and ends with its signal', async () => {
  const before = systemClock.mono();
  await systemClock.sleep(15);
  // Timers of Node may come a millisecond early.
  expect(systemClock.mono() - before).toBeGreaterThan(13);
  const abort = new AbortController();
  const asleep = systemClock.sleep(60_000, abort.signal);
  abort.abort(new Error('enough'));
  await expect(asleep).rejects.toMatchObject({ name: 'AbortError', cause: new Error('enough') });
});

test('after 0 comes although nothing else happens, in order, unless it was called off', async () => {
  const seen: number[] = [];
  systemClock.after(0, () => seen.push(-1))();
  for (let turn = 0; turn < 100; turn++) {
    await new Promise<void>((resolve) => systemClock.after(0, resolve));
    seen.push(turn);
  }
  expect(seen).toEqual(Array.from({ length: 100 }, (_, turn) => turn));
});
