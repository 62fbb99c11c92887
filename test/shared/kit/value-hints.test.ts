import { expect, test } from 'vitest';
import { hintFor } from '../../../shared/kit/value-hints.ts';

test.each([
  ['boolean', 'yes', 'write true or false, without quotes'],
  ['boolean', 'Off', 'write true or false, without quotes'],
  ['boolean', 1, 'write true or false, without quotes'],
  ['boolean', 'perhaps', undefined],
  ['boolean', 2, undefined],
  ['number', '2,5', 'write 2.5, with a decimal point'],
  ['int', '-12,0', 'write -12.0, with a decimal point'],
  ['number', '1,000,000', undefined],
  ['number', '2.5', 'write it without quotes'],
  ['number', '1e3', 'write it without quotes'],
  ['number', '5 fps', 'write the number alone: 5'],
  ['number', '90°', 'write the number alone: 90'],
  ['number', 'fast', undefined],
  ['number', '9'.repeat(65), undefined],
  ['number', Number.POSITIVE_INFINITY, 'write a number that has an end: neither .inf nor .nan'],
  ['number', Number.NaN, 'write a number that has an end: neither .inf nor .nan'],
  ['number', null, 'nothing is written there: give a value, or leave the key out'],
  ['number', undefined, undefined],
  ['string', 12, 'put it in quotes to make it a text'],
  ['string', false, 'put it in quotes to make it a text'],
  ['string', { a: 1 }, undefined],
  ['array', 'person', 'write a list, also of one: [ … ]'],
  ['array', { a: 1 }, undefined],
  ['array', undefined, undefined],
  ['object', 'a', undefined],
] as const)('expected %s, found %j', (expected, found, hint) => {
  expect(hintFor(expected, found)).toBe(hint);
});
