/** Tuned thresholds in a desired document: set, undone, cleared; the rest of the document stays as it is. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  applied,
  cleared,
  MOST_PAST,
  type Tuning,
  tuningOf,
  undone,
  withAutomatic,
  withTuning,
} from '../../../cloud-hub/inference/tuned-document.ts';
import { desired } from '../../../shared/contract/messages/desired.ts';

const by = { at: 1, by: 'ann' };
const bounds = { precision: 0.9, min: 0.3, max: 0.8, maxStep: 0.1 };

test('a stream is set and forgotten again; others, models and orders to erase stay', () => {
  const first = applied(undefined, { model: 'm@1', labels: { person: 0.5 } }, by);
  const document = withTuning(undefined, 'door', first);
  expect(desired.parse(document)).toMatchObject({
    models: {},
    thresholds: { door: { model: 'm@1', labels: { person: 0.5 } } },
  });
  const both = withTuning({ ...document, normal: [] }, 'yard', first);
  expect(tuningOf(both, 'door')).toEqual(tuningOf(both, 'yard'));
  const one = withTuning(both, 'yard', undefined);
  expect(one).toMatchObject({ normal: [] });
  expect(tuningOf(one, 'yard')).toBeUndefined();
  expect(withTuning(one, 'yard', undefined)).toBe(one);
  expect(withTuning(document, 'door', undefined)).not.toHaveProperty('thresholds');
  expect(tuningOf(document, 'constructor')).toBeUndefined();
});

test('the same is no change; undoing ends the automatic mode; what was cleared can be undone too', () => {
  const first = applied(withAutomatic(undefined, bounds, by), { model: 'm@1', labels: { person: 0.5 } }, by);
  expect(first).toMatchObject({ automatic: bounds, past: [{ labels: {} }] });
  expect(applied(first, { model: 'm@1', labels: { person: 0.5 } }, by)).toBeUndefined();
  expect(first && undone(first, by)).toEqual({ ...by, labels: {}, past: [] });
  const none = first && cleared(first, by);
  expect(none).toEqual({ ...by, labels: {}, past: [{ labels: {} }, { model: 'm@1', labels: { person: 0.5 } }] });
  expect(none && undone(none, by)).toMatchObject({ model: 'm@1', labels: { person: 0.5 } });
  expect(none && cleared(none, by)).toBeUndefined();
});

test('whatever was set: undoing goes back step by step, as far as is kept', () => {
  const labels = fc.dictionary(
    fc.constantFrom('person', 'car', '__proto__'),
    fc.double({ min: 0, max: 1, noNaN: true }),
  );
  fc.assert(
    fc.property(fc.array(fc.record({ model: fc.constantFrom('m@1', 'm@2'), labels }), { maxLength: 15 }), (changes) => {
      const states: (Tuning | undefined)[] = [undefined];
      for (const change of changes) {
        const next = applied(states.at(-1), change, by);
        if (next) states.push(next);
      }
      let now = states.pop();
      for (let back = 0; back < MOST_PAST && states.length > 0; back++) {
        const before = states.pop();
        now = now && undone(now, by);
        expect({ model: now?.model, labels: now?.labels }).toEqual({
          model: before?.model,
          labels: before?.labels ?? {},
        });
      }
      if (now && now.past.length === 0) expect(undone(now, by)).toBeUndefined();
      expect(now?.past.length ?? 0).toBeLessThanOrEqual(MOST_PAST);
    }),
  );
});
