import { expect, test } from 'vitest';
import { readRule } from '../../../cloud-hub/config-opinions.ts';
import { chooseModel, modelsOf } from '../../../cloud-hub/inference/choose.ts';
import { createLabelMap, pairsOf } from '../../../cloud-hub/inference/labels.ts';
import { box, eventOf, header } from './asking.ts';

const rules = [
  'stream:gate-1/door+label:car=plates:hub',
  'stream:*/door+asks:frame=frames@1.0.0',
  'label:person=people:hub',
].flatMap((text) => readRule(text) ?? []);
const choose = (device: string, more: Parameters<typeof header>[0]) =>
  chooseModel(rules, 'other:hub', device, header(more));

test('the first rule that fits decides, and what none fits goes to the model for all others', () => {
  expect(rules.length).toBe(3);
  expect(choose('gate-1', { stream: 'door', event: eventOf('car') })).toBe('plates:hub');
  expect(choose('gate-2', { stream: 'door', event: eventOf('car') })).toBe('other:hub');
  expect(choose('gate-2', { stream: 'door', event: eventOf('person') })).toBe('people:hub');
  const { event: _, ...frame } = header({ stream: 'door', objects: [] });
  expect(chooseModel(rules, 'other:hub', 'gate-2', frame)).toBe('frames@1.0.0');
  // Of a frame, a label is one of its objects.
  const yard = { ...frame, stream: 'yard' };
  expect(chooseModel(rules, 'other:hub', 'gate-2', yard)).toBe('other:hub');
  const seen = { ...yard, objects: [{ label: 'person', score: 0.4, box }] };
  expect(chooseModel(rules, 'other:hub', 'gate-2', seen)).toBe('people:hub');
  expect(modelsOf(rules, 'people:hub')).toEqual(['people:hub', 'plates:hub', 'frames@1.0.0']);
});

test('pairs of labels are of the first model, or of the one that they name', () => {
  const [models, pairs] = [
    ['big:hub', 'plates@1.0.0'],
    ['car=vehicle', 'plates:eu=plate', 'plates:us=plate'],
  ];
  expect(pairsOf(pairs, models, 'big:hub')).toEqual(['car=vehicle']);
  expect(pairsOf(pairs, models, 'plates@1.0.0')).toEqual(['eu=plate', 'us=plate']);
  const map = createLabelMap(pairsOf(pairs, models, 'plates@1.0.0'));
  expect(map.problemWith('plates@1.0.0', ['eu', 'us'])).toBeUndefined();
});
