import { describe, expect, test } from 'vitest';
import { databaseAddress } from '../../cloud-hub/database-address.ts';

describe('address of a database', () => {
  test.each([
    ['postgres://hub:secret@127.0.0.1:5432/vedette', 'postgres://hub@127.0.0.1:5432/vedette'],
    ['postgresql://hub@localhost/vedette', 'postgresql://hub@localhost/vedette'],
    ['postgres://hub:secret@db.example/v?sslmode=verify-full', 'postgres://hub@db.example/v?sslmode=verify-full'],
    ['postgres://hub@localhost/v?host=/var/run/postgresql', undefined],
    ['postgres://hub@db.example/v?sslmode=disable', 'postgres://hub@db.example/v?sslmode=disable'],
  ])('%s is taken, and shown without its password', (text, shown) => {
    const address = databaseAddress(text);
    expect(address.shown).not.toContain('secret');
    if (shown !== undefined) expect(address.shown).toBe(shown);
  });

  test('a password from elsewhere takes the place of one in it, whatever its letters', () => {
    const { url, shown } = databaseAddress('postgres://hub:old@127.0.0.1/v', 'p@ss/w:rd?#%');
    expect(decodeURIComponent(new URL(url).password)).toBe('p@ss/w:rd?#%');
    expect(shown).toBe('postgres://hub@127.0.0.1/v');
  });

  test.each([
    ['mysql://hub:secret@h/v', 'must be like postgres://'],
    ['secret', 'must be like postgres://'],
    ['postgres://hub:secret@127.0.0.1', 'names no database'],
    ['postgres://127.0.0.1/v', 'names no user'],
    ['postgres://hub:secret@db.example/v', 'sslmode=verify-full'],
    ['postgres://hub:secret@db.example/v?sslmode=prefer', 'must be disable, require, verify-ca, verify-full'],
    ['postgres://hub:secret@db.example/v?sslmode=verify-ca', 'needs sslrootcert=FILE'],
    ['postgres://hub:secret@127.0.0.1/v?options=-c', 'the parameter options'],
  ])('%s is refused, and no error shows the password', (text, why) => {
    expect(() => databaseAddress(text)).toThrow(why);
    expect(() => databaseAddress(text)).not.toThrow('secret');
  });
});
