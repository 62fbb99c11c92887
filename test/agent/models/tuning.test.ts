import { expect, test } from 'vitest';
import { chooseTuning, describeTimes } from '../../../agent/models/tuning.ts';

test('the fastest variant runs; a difference within the noise is no reason to leave the reference', () => {
  const fp32 = { precision: 'fp32', ms: 20 };
  expect(chooseTuning([fp32, { precision: 'int8', ms: 12 }], 'auto')).toEqual({ variant: 'int8', batch: 1 });
  expect(chooseTuning([fp32, { precision: 'int8', ms: 19.8 }], 'auto')).toEqual({ variant: 'fp32', batch: 1 });
  expect(chooseTuning([fp32, { precision: 'int8', ms: 31 }], 'auto')).toEqual({ variant: 'fp32', batch: 1 });
});

test('a variant at fault is left out, the reference too; one that was asked for stays', () => {
  const times = [
    { precision: 'fp32', fault: 'output "y" is not finite' },
    { precision: 'fp16', ms: 30 },
    { precision: 'int8', ms: 12 },
  ];
  expect(chooseTuning(times, 'auto').variant).toBe('int8');
  expect(chooseTuning(times, 'fp16').variant).toBe('fp16');
  expect(chooseTuning(times.slice(0, 1), 'auto')).toEqual({ variant: 'auto', batch: 1 });
  expect(describeTimes(times)).toBe('fp32 cannot be used (output "y" is not finite), fp16 30.0 ms, int8 12.0 ms');
});

test('batches where a share of one is clearly less than a time alone; what cannot be measured runs alone', () => {
  expect(chooseTuning([{ precision: 'fp32', ms: 4, batchMs: 2 }], 'auto')).toEqual({ variant: 'fp32', batch: 4 });
  expect(chooseTuning([{ precision: 'fp32', ms: 4, batchMs: 4.1 }], 'auto')).toEqual({ variant: 'fp32', batch: 1 });
  expect(chooseTuning([{ precision: 'fp32' }, { precision: 'int8' }], 'auto')).toEqual({ variant: 'fp32', batch: 1 });
});
