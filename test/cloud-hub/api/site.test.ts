import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isBehindProxy, siteOf, withoutBase } from '../../../cloud-hub/api/site.ts';

test('a site is the origin and the path of the public address', () => {
  expect(siteOf('https://hub.example:8443/a/vedette/', ['::1'])).toEqual({
    origin: 'https://hub.example:8443',
    base: '/a/vedette/',
    proxies: ['::1'],
  });
  expect(siteOf(undefined, [])).toEqual({ origin: undefined, base: '/', proxies: [] });
  expect([siteOf(undefined, []), siteOf('http://h/', []), siteOf(undefined, ['::1'])].map(isBehindProxy)).toEqual([
    false,
    true,
    true,
  ]);
});

test('the path of the public address is taken off once, wherever it is left on', () => {
  for (const [url, expected] of [
    ['/vedette/', '/'],
    ['/vedette', '/'],
    ['/vedette?x=1', '/?x=1'],
    ['/vedette/api/v1/me?x', '/api/v1/me?x'],
    ['/vedette/vedette/x', '/vedette/x'],
    ['/api/v1/me', '/api/v1/me'],
    ['/vedettes/x', '/vedettes/x'],
    ['/', '/'],
  ] as const)
    expect(withoutBase(url, '/vedette/'), url).toBe(expected);
  fc.assert(
    fc.property(fc.webPath(), fc.webPath(), (path, base) => {
      const whole = `/${base.replaceAll(/^\/+|\/+$/g, '')}/`;
      expect(withoutBase(path, '/')).toBe(path);
      expect(withoutBase(`${whole.slice(0, -1)}${path || '/'}`, whole)).toBe(path || '/');
    }),
  );
});
