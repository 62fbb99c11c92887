import { expect, test } from 'vitest';
import { rssMb, rssMbOf } from '../../../shared/kit/memory.ts';

test('resident memory is in whole MB, and rises with what is held', () => {
  const before = rssMb();
  const held = Buffer.alloc(200 * 2 ** 20, 1);
  const after = rssMb();
  expect(Number.isInteger(before)).toBe(true);
  expect(Math.abs(before - process.memoryUsage.rss() / 2 ** 20 + held.length / 2 ** 20)).toBeLessThan(120);
  expect(after - before).toBeGreaterThan(100);
  expect(held.at(-1)).toBe(1);
});

test.skipIf(process.platform !== 'linux')(
  'that of another process is what the system says; of none it is unknown',
  () => {
    expect(Math.abs((rssMbOf(process.pid) ?? 0) - rssMb())).toBeLessThan(50);
    expect(rssMbOf(process.ppid)).toBeGreaterThan(0);
    expect(rssMbOf(2 ** 22 + 1)).toBeUndefined();
  },
);
