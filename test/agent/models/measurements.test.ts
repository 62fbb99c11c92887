import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openMeasurements } from '../../../agent/models/measurements.ts';
import { tempFolder } from '../../support/temp.ts';

const times = [
  { precision: 'fp32', ms: 20, p95Ms: 25, batchMs: 15 },
  { precision: 'int8', fault: 'output "y" is not finite' },
];

test('what was measured is found again, by whoever opens the file, and a second measurement replaces the first', () => {
  const file = path.join(tempFolder(), 'data', 'measured.json');
  const measurements = openMeasurements(file);
  expect(measurements.get('a')).toBeUndefined();
  expect(existsSync(file)).toBe(false);
  measurements.set('a', [{ precision: 'fp32', ms: 1 }]);
  measurements.set('b', times);
  measurements.set('a', times);
  for (const open of [measurements, openMeasurements(file)]) {
    expect(open.get('a')).toEqual(times);
    expect(open.get('b')).toEqual(times);
    expect(open.get('c')).toBeUndefined();
  }
});

test('the last two hundred are kept; one that is measured again is new', () => {
  const file = path.join(tempFolder(), 'measured.json');
  const measurements = openMeasurements(file);
  for (let n = 0; n < 200; n++) measurements.set(`k${n}`, times);
  measurements.set('k0', times);
  measurements.set('k200', times);
  const again = openMeasurements(file);
  expect(again.get('k1')).toBeUndefined();
  for (const key of ['k0', 'k2', 'k200']) expect(again.get(key)).toEqual(times);
  expect(Object.keys(JSON.parse(readFileSync(file, 'utf8')))).toHaveLength(200);
});

test('a file that cannot be read, or says something else, costs a measurement and no start', () => {
  for (const content of ['{"a":', '[]', '{"a":[{"precision":1}]}', '{"a":[{"precision":"fp32","ms":-1}]}']) {
    const file = path.join(tempFolder(), 'measured.json');
    writeFileSync(file, content);
    const measurements = openMeasurements(file);
    expect(measurements.get('a')).toBeUndefined();
    measurements.set('a', times);
    expect(openMeasurements(file).get('a')).toEqual(times);
  }
});

test('one that cannot be written says so, and is remembered as long as the program runs', () => {
  const file = path.join(tempFolder(), 'measured.json');
  mkdirSync(file);
  const measurements = openMeasurements(file);
  expect(() => measurements.set('a', times)).toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
  expect(measurements.get('a')).toEqual(times);
});
