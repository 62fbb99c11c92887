import fc from 'fast-check';
import { expect, test } from 'vitest';
import { codeOf, hrefOf, parseRoute, type Route } from '../../../../cloud-hub/dashboard/state/route.ts';

const parse = (href: string) => parseRoute(new URL(`http://hub.example${href}`));
// Labels are free text of a model.
const text = fc.string({ minLength: 1, unit: 'grapheme' });
const id = fc.stringMatching(/^[a-z0-9-]{1,64}$/);

test('every address leads back to its page', () => {
  const route: fc.Arbitrary<Exclude<Route, { page: 'missing' }>> = fc.oneof(
    fc.record({ page: fc.constant('fleet' as const) }),
    fc.record({ page: fc.constant('device' as const), device: id, stream: id }, { requiredKeys: ['page', 'device'] }),
    fc.record({
      page: fc.constant('events' as const),
      filter: fc.record({ device: id, stream: id, rule: id, label: text }, { requiredKeys: [] }),
    }),
    fc.record(
      { page: fc.constant('troubles' as const), view: fc.constantFrom('troubles', 'quarantine'), device: id },
      { requiredKeys: ['page', 'view'] },
    ),
    fc.record({ page: fc.constant('models' as const) }),
    fc.record({ page: fc.constant('rollouts' as const), create: fc.string() }, { requiredKeys: ['page'] }),
    fc.record({ page: fc.constant('rollout' as const), id }),
  );
  fc.assert(
    fc.property(route, (wanted) => {
      expect(parse(hrefOf(wanted))).toEqual(wanted);
    }),
  );
});

test('an address that is none is missing, never an error', () => {
  for (const href of [
    '/nope',
    '/devices',
    '/devices/a/b',
    '/events/x',
    '/models/a',
    '/rollouts/a/b',
    '/devices/%E0%A4%A/x',
  ])
    expect(parse(href)).toEqual({ page: 'missing' });
  fc.assert(
    fc.property(fc.webPath(), (path) => {
      expect(parse(path).page).toMatch(/\w/);
    }),
  );
});

test('finds the one-time code of a sign-in link', () => {
  expect(codeOf('#code=AB-12')).toBe('AB-12');
  expect(codeOf('')).toBeUndefined();
  expect(codeOf('#code=')).toBeUndefined();
  expect(codeOf('#main')).toBeUndefined();
});
