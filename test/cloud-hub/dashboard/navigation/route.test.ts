import fc from 'fast-check';
import { expect, test } from 'vitest';
import { codeOf, hrefOf, parseRoute, type Route } from '../../../../cloud-hub/dashboard/navigation/route.ts';

const parse = (href: string) => parseRoute(new URL(`http://hub.example${href}`));
// Labels are free text of a model.
const text = fc.string({ minLength: 1, unit: 'grapheme' });
const id = fc.stringMatching(/^[a-z0-9_-]{1,64}$/);

test('every address leads back to its page', () => {
  const route: fc.Arbitrary<Exclude<Route, { page: 'missing' }>> = fc.oneof(
    fc.record({ page: fc.constant('fleet' as const) }),
    fc.record({ page: fc.constant('device' as const), device: id, stream: id }, { requiredKeys: ['page', 'device'] }),
    fc.record({
      page: fc.constant('events' as const),
      filter: fc.record(
        {
          ...{ device: id, stream: id, rule: id, label: text },
          opinion: fc.constantFrom('confirmed' as const, 'changed' as const, 'withdrawn' as const),
          correction: fc.constantFrom('right' as const, 'wrong' as const, 'other' as const),
        },
        { requiredKeys: [] },
      ),
    }),
    fc.record(
      { page: fc.constant('problems' as const), view: fc.constantFrom('problems', 'quarantine'), device: id },
      { requiredKeys: ['page', 'view'] },
    ),
    fc.record({ page: fc.constantFrom('models', 'hybrid', 'users', 'tokens', 'sessions', 'erasures') }),
    fc.record({ page: fc.constant('rollouts' as const), create: fc.string() }, { requiredKeys: ['page'] }),
    fc.record({ page: fc.constant('rollout' as const), id }),
    fc.record({
      page: fc.constant('audit' as const),
      filter: fc.record({ actor: text, action: id, subject: text }, { requiredKeys: [] }),
    }),
  );
  fc.assert(
    fc.property(route, (wanted) => {
      expect(parse(new URL(hrefOf(wanted), 'http://hub.example/').href.slice('http://hub.example'.length))).toEqual(
        wanted,
      );
      const below = new URL(hrefOf(wanted), 'http://hub.example/a/b/');
      expect(parseRoute(below, '/a/b/')).toEqual(wanted);
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

test('a parameter that its page does not know is named, and shows nothing', () => {
  expect(parse('/events?devise=a')).toEqual({ page: 'missing', unknown: ['devise'] });
  expect(parse('/events?device=a&x=1&x=2&stream=b&__proto__=c')).toEqual({
    page: 'missing',
    unknown: ['x', '__proto__'],
  });
  expect(parse('/?device=a')).toEqual({ page: 'missing', unknown: ['device'] });
  expect(parse('/events?opinion=maybe&device=a')).toEqual({ page: 'missing', unknown: ['opinion'] });
  expect(parse('/events?correction=maybe')).toEqual({ page: 'missing', unknown: ['correction'] });
  expect(parse('/nope?device=a')).toEqual({ page: 'missing' });
});

test('finds the one-time code of a sign-in link', () => {
  expect(codeOf('#code=AB-12')).toBe('AB-12');
  expect(codeOf('')).toBeUndefined();
  expect(codeOf('#code=')).toBeUndefined();
  expect(codeOf('#main')).toBeUndefined();
});

test('an address is read as far as it goes', () => {
  expect(parse('/')).toEqual({ page: 'fleet' });
  expect(parse('//')).toEqual({ page: 'fleet' });
  expect(parse('/devices/a%2Fb?stream=')).toEqual({ page: 'device', device: 'a/b' });
  expect(parse('/devices/%E0%A4%A')).toEqual({ page: 'device', device: '%E0%A4%A' });
  expect(parse('/events?label=car&rule=')).toEqual({ page: 'events', filter: { label: 'car' } });
  expect(parse('/quarantine?device=gate')).toEqual({ page: 'problems', view: 'quarantine', device: 'gate' });
  expect(parse('/problems/x')).toEqual({ page: 'missing' });
  expect(parse('/rollouts?create=')).toEqual({ page: 'rollouts', create: '' });
  expect(parse('/rollouts')).toEqual({ page: 'rollouts' });
  expect(parse('/rollouts/r%201')).toEqual({ page: 'rollout', id: 'r 1' });
  expect(codeOf('code=AB')).toBe('AB');
});
