import { expect, test } from 'vitest';
import { selector } from '../../../cloud-hub/contract/rollout.ts';
import { warningsFor } from '../../../cloud-hub/rollout/warnings.ts';
import type { Report } from '../../../shared/contract/messages/report.ts';
import { planOf } from './fleet.ts';

const roster = ['a', 'b', 'c'].map((id) => ({ id, labels: { site: id === 'c' ? 'rome' : 'oslo' } }));
const reportWith = (more: Partial<Report>) => more as Report;
const good = reportWith({ takesPackages: true, models: { detector: { failures: [] } } });

const of = (wanted: object, reports: Record<string, Report | undefined> = {}) => {
  const { target } = planOf();
  return warningsFor({ selector: selector.parse(wanted), target }, roster, async (id) =>
    id in reports ? reports[id] : good,
  );
};

test('a fleet that can do what is asked brings no warning, nor do devices that have not reported yet', async () => {
  expect(await of({})).toEqual([]);
  expect(await of({ devices: ['a'], labels: { site: ['oslo', 'rome'] } })).toEqual([]);
  expect(await of({}, { a: undefined, b: reportWith({}) })).toEqual([]);
});

test('devices and labels that are not there are named, also beside others that are', async () => {
  expect(await of({ devices: ['a', 'x', 'y'] })).toEqual(['there is no device x, y']);
  expect(await of({ labels: { site: ['oslo', 'bonn'], zone: 'n' } })).toEqual([
    'no device has the label site=bonn',
    'no device has the label zone=n',
    'no device is selected: the rollout would wait until one is',
  ]);
  expect(await of({ devices: ['a'], labels: { site: 'rome' } })).toEqual([
    'no device is selected: the rollout would wait until one is',
  ]);
  const many = Array.from({ length: 8 }, (_, i) => `x${i}`);
  expect(await of({ devices: ['a', ...many] })).toEqual(['there is no device x0, x1, x2, x3, x4 and 3 more']);
});

test('devices that cannot take packages, or have no such model, are named; those that are not selected are not', async () => {
  const reports = {
    a: reportWith({ takesPackages: false, models: { detector: { failures: [] } } }),
    b: reportWith({ takesPackages: true, models: { other: { failures: [] } } }),
    c: reportWith({ takesPackages: false }),
  };
  expect(await of({ labels: { site: 'oslo' } }, reports)).toEqual([
    'a cannot take packages: `agent.yaml` has no `updates` there; the rollout would wait for it',
    'b has no entry "detector" under `models`',
  ]);
  const streams = { kind: 'streams' as const, revision: `sha256:${'0'.repeat(64)}` };
  expect(await warningsFor({ selector: {}, target: streams }, roster, async (id) => reports[id as 'a'])).toEqual([]);
});
