/** What people are told of a database that cannot be used. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { describeFailure } from '../../../../cloud-hub/store/postgres/failures.ts';

const told = (error: unknown) => describeFailure(error, 'postgres://hub@host/hub');
const failed = (message: string, more: object) => Object.assign(new Error(message), more);

test('a file that is missing is no server that is missing', () => {
  let missing: unknown;
  try {
    readFileSync('/nonexistent/root.pem');
  } catch (error) {
    missing = error;
  }
  expect(told(missing)).toContain('sslrootcert');
  expect(told(missing)).not.toContain('running');
  expect(told(failed('connect ENOENT /run/x', { code: 'ENOENT', syscall: 'connect' }))).toContain(
    'Is PostgreSQL running',
  );
  expect(told(failed('', { code: 'ECONNREFUSED', errors: [] }))).toBe(
    'cannot use the database postgres://hub@host/hub: ECONNREFUSED. Is PostgreSQL running there, and does it listen on this address?',
  );
});

test('a server that takes no writes', () => {
  expect(told(failed('cannot execute CREATE TABLE in a read-only transaction', { code: '25006' }))).toContain(
    'name the server that is no standby',
  );
});

test('one full stop', () => {
  expect(told(new Error('it was made by another program.'))).toMatch(/another program\.$/);
  expect(told(new Error('it is full'))).toMatch(/: it is full\.$/);
});
