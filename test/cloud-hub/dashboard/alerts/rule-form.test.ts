import { expect, test } from 'vitest';
import { newAlertRule } from '../../../../cloud-hub/contract/alert-rule.ts';
import {
  defaultRule,
  type RuleFields,
  requestOf,
  ruleKinds,
} from '../../../../cloud-hub/dashboard/alerts/rule-form.ts';
import { conditionText, stepsText } from '../../../../cloud-hub/dashboard/alerts/words.ts';

const kinds = Object.keys(ruleKinds) as RuleFields['kind'][];

test.each(kinds)('a rule of kind %s is one that the hub takes', (kind) => {
  const { field, lasts } = ruleKinds[kind];
  const rule = newAlertRule.parse(requestOf({ ...defaultRule, kind, value: field === undefined ? '' : '7' }));
  expect(rule.condition.kind).toBe(kind);
  expect(rule.forS).toBe(lasts ? 60 : undefined);
  expect(rule.channels).toEqual([]);
});

test('an empty number is refused by the hub, not taken as nought; a channel is told', () => {
  for (const kind of ['certificate', 'buffer', 'absence', 'rate', 'clock', 'version'] as const)
    expect(newAlertRule.safeParse(requestOf({ ...defaultRule, kind, value: ' ' })).success).toBe(false);
  expect(requestOf({ ...defaultRule, channel: 'pager' })).toMatchObject({ channels: ['pager'] });
});

test('a condition in words', () => {
  expect(conditionText({ kind: 'event', rule: 'gate', count: 2, withinS: 60 })).toBe(
    'event · rule gate · count 2 · withinS 60',
  );
  expect(conditionText({ kind: 'stream', states: ['stalled', 'refused'] })).toBe('stream · states stalled, refused');
});

test('a step tells another channel when nobody acknowledges, and is told in words', () => {
  const rule = newAlertRule.parse(
    requestOf({ ...defaultRule, channel: 'pager', stepChannel: 'boss', stepMinutes: '15' }),
  );
  expect(rule.steps).toEqual([{ afterS: 900, channels: ['boss'] }]);
  const hours = { cron: ['* 8-17 * * 1-5'], timezone: 'Europe/Berlin' };
  expect(stepsText({ ...rule, hours })).toBe(
    'not acknowledged: after 15 min → boss · only * 8-17 * * 1-5 (Europe/Berlin)',
  );
  expect(stepsText({ steps: [] })).toBeUndefined();
  const none = { ...defaultRule, stepChannel: 'boss', stepMinutes: '' };
  expect(newAlertRule.safeParse(requestOf(none)).success).toBe(false);
});
