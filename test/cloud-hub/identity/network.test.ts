import { isIPv6 } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { networkOf } from '../../../cloud-hub/identity/network.ts';

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::FFFF:c000:207', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
  ['not an address', 'not an address'],
  ['1.2.3.4%x', '1.2.3.4%x'],
  ['', ''],
])('%s counts as %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

test('addresses are one network just when their first 64 bits are the same, however they are written', () => {
  const halves = fc.array(fc.integer({ min: 1, max: 0xffff }), { minLength: 4, maxLength: 4 });
  const write = (groups: number[]) => groups.map((group) => group.toString(16)).join(':');
  fc.assert(
    fc.property(halves, halves, halves, halves, (network, other, one, two) => {
      const [first, second] = [`${write(network)}:${write(one)}`, `${write(network).toUpperCase()}:${write(two)}`];
      expect(isIPv6(first)).toBe(true);
      expect(networkOf(first)).toBe(networkOf(second));
      fc.pre(write(network) !== write(other));
      expect(networkOf(`${write(other)}:${write(one)}`)).not.toBe(networkOf(first));
    }),
  );
});

test('any address that there is has a network, and any text is taken', () => {
  fc.assert(
    fc.property(fc.ipV6(), (address) => {
      expect(networkOf(address)).toMatch(/^[0-9a-f:]+::\/64$|^[0-9.]+$/);
    }),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(networkOf(text)).toBeTypeOf('string');
    }),
  );
});
