/** Bodies of signing in, tokens and users: values at their bounds, and beyond them. */
import type { Bounds } from './bounds-table.ts';

const required = (bounds: Bounds): Bounds => ({ ...bounds, required: true });
const text128: Bounds = { good: ['x', 'x'.repeat(128)], bad: ['', 'x'.repeat(129), 1, null] };
const nameField: Bounds = {
  good: ['a', '0', 'a-0', 'a_b', 'z'.repeat(64)],
  bad: ['', 'z'.repeat(65), 'A', 'a~b', 'a b', 'ä', 'a.b', 1, null],
};
const role: Bounds = { good: ['viewer', 'operator', 'admin'], bad: ['', 'root', 'Admin', 1, null] };
/** With a scope nobody is an admin. */
const rights: Readonly<Record<string, Bounds>> = {
  role: required({ good: ['viewer', 'operator'], bad: role.bad }),
  scope: {
    good: [{ site: 'x' }, Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`l${n}`, 'x']))],
    bad: [{}, { A: 'x' }, 'site=x', null, Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`l${n}`, 'x']))],
  },
  'scope.*': text128,
};
const password: Bounds = {
  good: ['x'.repeat(12), 'x'.repeat(256)],
  bad: ['', 'x'.repeat(11), 'x'.repeat(257), 1, null],
};

const factorCode: Bounds = { good: ['', '123456', 'x'.repeat(64)], bad: ['x'.repeat(65), 1, null] };
const ownPassword: Bounds = { good: ['', 'x'.repeat(256)], bad: ['x'.repeat(257), 1, null] };
const back: Bounds = { good: ['', '/', 'x'.repeat(1024)], bad: ['x'.repeat(1025), 1, null] };

export const identityBodies: Readonly<
  Record<string, { body: unknown; fields: Readonly<Record<string, Bounds>>; open?: string[] }>
> = {
  'POST /api/v1/sign-in': {
    body: { token: 'x' },
    fields: {
      token: { good: ['x', 'x'.repeat(256)], bad: ['x'.repeat(257), 1, null] },
      code: { good: [], bad: [] },
      name: { good: [], bad: [] },
      password: { good: [], bad: [] },
    },
  },
  'POST /api/v1/sign-in-codes': { body: {}, fields: { role } },
  'POST /api/v1/tokens': {
    body: { name: 'a-token', role: 'viewer', scope: { site: 'x' }, days: 1 },
    fields: {
      name: required(nameField),
      ...rights,
      days: { good: [0.01, 3650], bad: [0, -1, 3651, '1', null] },
    },
    open: ['scope'],
  },
  'POST /api/v1/users': {
    body: { name: 'a-user', role: 'viewer', scope: { site: 'x' } },
    fields: { name: required(nameField), ...rights },
    open: ['scope'],
  },
  'PUT /api/v1/users/{name}': {
    body: { role: 'viewer', scope: { site: 'x' } },
    fields: rights,
    open: ['scope'],
  },
  'POST /api/v1/invitations/accept': {
    body: { invitation: 'x', password: 'a long password' },
    fields: {
      invitation: required({ good: ['', 'x'.repeat(128)], bad: ['x'.repeat(129), 1, null] }),
      password: required(password),
      code: factorCode,
    },
  },
  'POST /api/v1/sign-in/provider': {
    body: {},
    fields: { back, invitation: { good: ['', 'x'.repeat(128)], bad: ['x'.repeat(129), 1, null] } },
  },
  'POST /api/v1/me/provider': { body: { password: 'x' }, fields: { back, password: required(ownPassword) } },
  'POST /api/v1/me/second-factor': { body: { password: 'x' }, fields: { password: required(ownPassword) } },
  'POST /api/v1/me/second-factor/confirm': { body: { code: '1' }, fields: { code: required(factorCode) } },
  'POST /api/v1/me/second-factor/recovery-codes': {
    body: { password: 'x', code: '1' },
    fields: { password: required(ownPassword), code: required(factorCode) },
  },
  'POST /api/v1/me/second-factor/remove': {
    body: { password: 'x', code: '1' },
    fields: { password: required(ownPassword), code: required(factorCode) },
  },
  'PUT /api/v1/me/password': {
    body: { before: 'x', after: 'a long password' },
    fields: {
      before: required({ good: ['', 'x'.repeat(256)], bad: ['x'.repeat(257), 1, null] }),
      after: required(password),
    },
  },
};

/** What identity providers send to the callback. */
export const identityParameters: Readonly<Record<string, Bounds>> = Object.fromEntries(
  [
    'code',
    'state',
    'iss',
    'error',
    'error_description',
    'error_uri',
    'session_state',
    'scope',
    'authuser',
    'hd',
    'prompt',
    'client_info',
    'user_state',
  ].map((key) => [
    `GET /api/v1/sign-in/provider/callback ${key}`,
    { good: ['', 'x'.repeat(4096)], bad: ['x'.repeat(4097)] },
  ]),
);
