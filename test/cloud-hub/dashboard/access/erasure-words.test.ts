import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newErasure } from '../../../../cloud-hub/contract/erasure.ts';
import {
  complaintsOf,
  deviceText,
  hubText,
  orderOf,
  reachText,
  stateTone,
  timeOf,
} from '../../../../cloud-hub/dashboard/access/erasure-words.ts';

const form = { device: ' gate ', stream: '', from: '', before: '', picturesOnly: false, reason: '' };

test('a form without complaints is an order that the hub takes; empty fields are absent', () => {
  expect(orderOf(form)).toEqual({ device: 'gate', picturesOnly: false });
  const day = fc.date({ min: new Date(0), max: new Date('2026-01-01'), noInvalidDate: true });
  fc.assert(
    fc.property(day, fc.boolean(), fc.stringMatching(/^[a-z0-9 ]{0,40}$/), (from, picturesOnly, reason) => {
      const text = from.toISOString().slice(0, 19).replace('T', ' ');
      const filled = { ...form, stream: 'door', from: `${text}Z`, before: '2026-02-01', picturesOnly, reason };
      expect(complaintsOf(filled)).toEqual({});
      const order = orderOf(filled);
      expect(newErasure.parse(order)).toMatchObject({ device: 'gate', stream: 'door', picturesOnly });
      expect(Date.parse(order.from ?? '')).toBe(Math.floor(from.getTime() / 1000) * 1000);
    }),
  );
});

test('what is no time is complained of in its field, and never means “now” or “the beginning”', () => {
  for (const wrong of ['yesterday', '31.03.2026', '2026-13-01', '2026-03-31 25:00', '2026-03-31T14:00+2']) {
    expect(timeOf(wrong)).toBeUndefined();
    expect(Object.keys(complaintsOf({ from: wrong, before: '' }))).toEqual(['from']);
    expect(Object.keys(complaintsOf({ from: '', before: wrong }))).toEqual(['before']);
  }
  expect(timeOf('2026-03-31 14:00+02:00')).toBe('2026-03-31T12:00:00.000Z');
  expect(timeOf('2026-03-31T14:00:05Z')).toBe('2026-03-31T14:00:05.000Z');
});

test('what came of an order is said for each state of the device', () => {
  const erased = { records: 1200, pictures: 0, samples: 2, memories: 0 };
  expect(deviceText({ onDevice: { state: 'done', erased } })).toMatch(/^1.?200 records, 2 samples$/u);
  expect(deviceText({ onDevice: { state: 'done', erased: { ...erased, records: 0, samples: 0 } } })).toBe(
    'nothing found',
  );
  expect(deviceText({ onDevice: { state: 'failed', reason: 'the disk is full' } })).toContain('the disk is full');
  for (const state of ['waiting', 'unknown', 'gone'] as const) expect(deviceText({ onDevice: { state } })).not.toBe('');
  expect(hubText({ hub: { records: 3, pictures: 1, opinions: 0, alerts: 0, refused: 0 } })).toBe(
    '3 records, 1 picture',
  );
  expect(reachText({ picturesOnly: true })).toBe('every stream · pictures only');
  expect(stateTone({ state: 'done', onDevice: { state: 'done' } })).toBe('good');
  expect(stateTone({ state: 'settling', onDevice: { state: 'done' } })).toBe('warn');
  expect(stateTone({ state: 'done', onDevice: { state: 'unknown' } })).toBe('bad');
});
