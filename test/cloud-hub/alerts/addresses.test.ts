import { expect, test } from 'vitest';
import { createAddresses } from '../../../cloud-hub/alerts/addresses.ts';
import { post } from '../../../cloud-hub/alerts/post.ts';
import { receiver } from './receiver.ts';

const internal = [
  ...[
    '127.0.0.1',
    '127.1.2.3',
    '0.0.0.0',
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
  ],
  ...['100.64.0.1', '192.0.0.8', '198.18.0.1', '224.0.0.1', '255.255.255.255', '240.0.0.1'],
  ...['::1', '::', 'fe80::1', 'fc00::1', 'fd12::1', 'ff02::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '64:ff9b::7f00:1'],
  ...['2002:7f00:1::', '::127.0.0.1', '[::1]', '0:0:0:0:0:ffff:a00:1', '2001:0:7f00:1::'],
];
const open = [
  '1.1.1.1',
  '172.32.0.1',
  '172.15.255.255',
  '100.128.0.1',
  '2606:4700:4700::1111',
  '9.255.255.255',
  '11.0.0.0',
];

test.each(internal)('%s is internal', async (address) => {
  await expect(createAddresses([]).checked(address)).rejects.toThrow(/internal address/);
});

test.each(open)('%s is not', async (address) => {
  expect(await createAddresses([]).checked(address)).toMatchObject({ address });
});

test('settings allow some; a name counts by all of its addresses', async () => {
  const names: Record<string, string[]> = { good: ['1.1.1.1'], bad: ['1.1.1.1', '10.0.0.9'], office: ['10.0.0.9'] };
  const lookup = async (host: string) => (names[host] ?? []).map((address) => ({ address, family: 4 }));
  const strict = createAddresses([], lookup);
  expect(await strict.checked('good')).toEqual({ address: '1.1.1.1', family: 4 });
  await expect(strict.checked('bad')).rejects.toThrow('bad is the internal address 10.0.0.9');
  await expect(strict.checked('nobody')).rejects.toThrow('no address');
  expect(await createAddresses(['10.0.0.0/8'], lookup).checked('office')).toEqual({ address: '10.0.0.9', family: 4 });
  await expect(createAddresses(['10.0.0.9'], lookup).checked('10.0.0.8')).rejects.toThrow(/internal/);
});

test('whoever answers another address the second time gains nothing: the checked one is connected to', async () => {
  const { url, received } = await receiver();
  const { port } = new URL(url);
  let asked = 0;
  const lookup = async () => {
    asked++;
    // The receiver first, then an address where nothing listens.
    return [{ address: asked === 1 ? '127.0.0.1' : '127.0.0.2', family: 4 }];
  };
  const addresses = createAddresses(['127.0.0.1'], lookup);
  const target = { headers: {}, body: '{}', addresses, signal: new AbortController().signal };
  await post({ url: `http://rebind.example:${port}/`, ...target });
  expect(asked).toBe(1);
  expect(received[0]?.headers.host).toBe(`rebind.example:${port}`);
  await expect(post({ url: `http://rebind.example:${port}/`, ...target })).rejects.toThrow(/internal/);
  expect(received).toHaveLength(1);
});
