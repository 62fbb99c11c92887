import { scryptSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { createPasswords, PasswordsBusy } from '../../../cloud-hub/identity/passwords.ts';

test('a hash is of its password only, has a salt of its own, and is what scrypt of another program gives', async () => {
  const passwords = createPasswords();
  const [one, two] = [await passwords.hash('correct horse'), await passwords.hash('correct horse')];
  expect(one).not.toBe(two);
  expect(await passwords.verify('correct horse', one)).toBe(true);
  expect(await passwords.verify('correct horse', two)).toBe(true);
  expect(await passwords.verify('Correct horse', one)).toBe(false);
  const [, n, r, p, salt = '', key] = one.split('$');
  const cost = { N: 2 ** Number(n), r: Number(r), p: Number(p), maxmem: 2 ** 26 };
  expect(scryptSync('correct horse', Buffer.from(salt, 'base64url'), 32, cost).toString('base64url')).toBe(key);
  expect(cost.N).toBeGreaterThanOrEqual(2 ** 15);
});

test('letters that look the same are the same, however a keyboard writes them', async () => {
  const passwords = createPasswords();
  expect(await passwords.verify('m\u00fcller und sohn', await passwords.hash('mu\u0308ller und sohn'))).toBe(true);
});

test('what is no hash is no password, and takes as long to refuse', async () => {
  const passwords = createPasswords();
  for (const hash of [undefined, '', 'x', 'scrypt$15$8$1$$', 'md5$x']) {
    const before = process.hrtime.bigint();
    expect(await passwords.verify('', hash)).toBe(false);
    // A comparison alone takes microseconds.
    expect(Number(process.hrtime.bigint() - before) / 1e6).toBeGreaterThan(10);
  }
});

test('more than two at once wait, and more than can wait are refused; all that were let in end', async () => {
  const passwords = createPasswords();
  const hash = await passwords.hash('correct horse');
  const tries = await Promise.allSettled(Array.from({ length: 40 }, () => passwords.verify('correct horse', hash)));
  const refused = tries.filter((one) => one.status === 'rejected');
  expect(refused).toHaveLength(6);
  expect(refused.every((one) => one.reason instanceof PasswordsBusy)).toBe(true);
  expect(tries.filter((one) => one.status === 'fulfilled' && one.value)).toHaveLength(34);
  expect(await passwords.verify('correct horse', hash)).toBe(true);
}, 60_000);
