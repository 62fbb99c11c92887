import { expect, test } from 'vitest';
import { isLoopback } from '../../../shared/kit/loopback.ts';

test('names and addresses of this machine only, and nothing that only looks like one', () => {
  for (const host of ['localhost', 'LOCALHOST', '127.0.0.1', '127.255.1.2', '::1'])
    expect([host, isLoopback(host)]).toEqual([host, true]);
  for (const host of [
    '',
    '0.0.0.0',
    '::',
    'localhost.example',
    'x.localhost',
    '127.0.0.1.example',
    '1127.0.0.1',
    '127.0.0',
    '192.168.0.1',
    '::11',
  ])
    expect([host, isLoopback(host)]).toEqual([host, false]);
});
