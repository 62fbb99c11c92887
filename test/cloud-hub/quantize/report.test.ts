import { expect, test } from 'vitest';
import type { Quantized } from '../../../cloud-hub/quantize/quantize.ts';
import { describeQuantizeReport, quantizeReport } from '../../../cloud-hub/quantize/report.ts';

const asked = { model: 'm 1.0.0', method: 'auto', agreement: 0.97, size: 0.35, threads: 1 };

function quantized(agreement: number, boxes: number, bytes = 320): Quantized {
  const drift = { scoreDrift: 0.01, worstDrift: 0.1 };
  return {
    bytes: new Uint8Array(bytes),
    floatBytes: 1000,
    method: 'percentile 0.9999',
    samples: { calibration: 32, search: 24, unseen: 100 },
    nodes: 50,
    float: ['a'],
    agreement: { task: 'detect', samples: 100, agreement, recall: agreement, precision: 1, boxes, ...drift },
    ms: { fp32: 20, int8: 15 },
    seconds: 60,
  };
}

test('enough agreement on enough boxes is not refused', () => {
  const report = quantizeReport(quantized(0.98, 30), asked);
  expect(report).toMatchObject({ method: 'percentile 0.9999', asked: 0.97, size: { ratio: 0.32 } });
  expect(report.refused).toBeUndefined();
  expect(report.tryNext).toBeUndefined();
});

test.each([0, 2, 29])('%d boxes are too few to judge by, whatever the agreement, and it says what to try', (boxes) => {
  const report = quantizeReport(quantized(1, boxes), asked);
  expect(report.refused).toBe(
    `the float model finds ${boxes} boxes in the unseen samples: too few to judge by (at least 30)`,
  );
  expect(report.tryNext).toEqual([expect.stringContaining('--calibrate')]);
});

test('too little agreement: what may help, the most promising first', () => {
  const low = quantizeReport(quantized(0.9666, 600), asked);
  expect(low.refused).toBe('agreement 0.9666 is below the asked 0.97');
  expect(low.tryNext?.map((line) => line.split(/[ ,:]/).find((word) => word.startsWith('--')))).toEqual([
    '--calibrate',
    '--agreement',
  ]);
  const tight = quantizeReport(quantized(0.9666, 600, 345), { ...asked, method: 'minmax' });
  expect(tight.tryNext?.map((line) => line.slice(0, 13))).toEqual([
    '--method auto',
    '--size 0.50: ',
    'more of your ',
    '--agreement 0',
  ]);
  expect(describeQuantizeReport(low)).toMatch(
    /not added: agreement 0\.9666 is below the asked 0\.97\nwhat to try:\n {2}more of your data.*\n {2}--agreement 0\.96, if 4 differences in 100/,
  );
  // Nobody should live with a fifth of the answers changed.
  expect(quantizeReport(quantized(0.8, 600), asked).tryNext).toHaveLength(1);
});
