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

test('clearly faster is by more than three parts in a hundred, of one input or of its share of a batch', () => {
  const fp32 = { precision: 'fp32', ms: 100 };
  const of = (ms: number) => chooseTuning([fp32, { precision: 'int8', ms }], 'auto').variant;
  expect([of(97), of(96.9)]).toEqual(['fp32', 'int8']);
  const batches = (batchMs: number) => chooseTuning([{ ...fp32, batchMs }], 'auto').batch;
  expect([batches(97), batches(96.9)]).toEqual([1, 4]);
  // Alone it is slower, in batches faster.
  const shared = [fp32, { precision: 'int8', ms: 200, batchMs: 50 }];
  expect(chooseTuning(shared, 'auto')).toEqual({ variant: 'int8', batch: 4 });
  expect(
    chooseTuning(
      [
        { precision: 'fp32', batchMs: 50 },
        { precision: 'int8', ms: 60 },
      ],
      'auto',
    ),
  ).toEqual({ variant: 'fp32', batch: 4 });
  // Of three the fastest, wherever it stands, each against the best so far.
  expect(chooseTuning([fp32, { precision: 'fp16', ms: 50 }, { precision: 'int8', ms: 49 }], 'auto').variant).toBe(
    'fp16',
  );
  expect(chooseTuning([], 'auto')).toEqual({ variant: 'auto', batch: 1 });
  expect(chooseTuning([fp32], 'int8')).toEqual({ variant: 'int8', batch: 1 });
});

test('times in words: what was not measured says so, batches in brackets', () => {
  expect(describeTimes([{ precision: 'fp32' }, { precision: 'int8', ms: 4, batchMs: 2 }])).toBe(
    'fp32 not measured, int8 4.0 ms (2.0 in batches of 4)',
  );
  expect(describeTimes([{ precision: 'fp32', batchMs: 2 }])).toBe('fp32 not measured');
});
