/** Who somebody is, what he may do, and which devices he sees. */
import { z } from 'zod';
import { name } from '../../shared/contract/names.ts';
import { time } from './time.ts';

export const role = z.enum(['viewer', 'operator', 'admin']);
export type Role = z.infer<typeof role>;

/** A group of devices: those that have all of these labels. Whoever has a scope sees these devices and no others. */
export const scope = z
  .record(name, z.string().min(1).max(128))
  .refine((labels) => Object.keys(labels).length > 0 && Object.keys(labels).length <= 8, {
    error: 'must have one to eight labels',
  });
export type Scope = z.infer<typeof scope>;

const seen = scope.optional().describe('he sees devices with all of these labels; absent: every device');

/** How somebody signed in, and so began a session. */
export const signInWay = z
  .enum(['token', 'code', 'invitation', 'password', 'second-factor', 'recovery-code', 'provider'])
  .describe('second-factor: with password and code; provider: by the identity provider (OpenID Connect)');
export type SignInWay = z.infer<typeof signInWay>;

export const identity = z.object({
  role,
  name: z.string(),
  scope: seen,
  user: z.boolean().optional().describe('a person, not a token'),
  provider: z.boolean().optional().describe('he came by the identity provider'),
  mustEnrol: z
    .boolean()
    .optional()
    .describe('he has to set up a second factor first: until then everything else is refused'),
});
export type Identity = z.infer<typeof identity>;

export const session = z.object({
  id: z.string(),
  role,
  name: z.string(),
  token: z.string().describe('id of the token or user that it came from, by itself or by a code'),
  createdAt: time,
  expiresAt: time,
  way: signInWay,
  current: z.boolean().describe('is it the session that asks?'),
});
export type Session = z.infer<typeof session>;

export const token = z.object({
  id: z.string(),
  name: z.string(),
  role,
  scope: seen,
  createdAt: time,
  expiresAt: time.optional().describe('absent: never'),
});
export type Token = z.infer<typeof token>;

/** Fields of what somebody may be given. */
const given = {
  role,
  scope: scope.optional().describe('only devices with all of these labels; not for admins'),
};
/** Not the words that stand in the audit for the hub itself, and for who is not known. */
const ownName = name.refine((one) => one !== 'hub' && one !== 'nobody', {
  error: 'the audit means the hub, or nobody, by this name: choose another',
});
const isNoScopedAdmin = (one: { role: Role; scope?: Scope | undefined }) => one.role !== 'admin' || !one.scope;
const scopedAdmin = { error: 'an admin sees every device', path: ['scope'] };

export const newToken = z
  .strictObject({
    name: ownName,
    ...given,
    days: z.number().positive().max(3650).optional().describe('ends after so many days; absent: never'),
  })
  .refine(isNoScopedAdmin, scopedAdmin);
export const tokenSecret = token.extend({ token: z.string().describe('shown once') });

/** @see passwords.ts for how it is kept */
export const password = z.string().min(12).max(256).describe('12 to 256 characters');

export const user = z.object({
  name: z.string(),
  role,
  scope: seen,
  createdAt: time,
  state: z
    .enum(['invited', 'active'])
    .describe('invited: he has neither a password nor an account of the provider yet'),
  secondFactor: z.boolean().describe('he signs in with password and code'),
  provider: z.boolean().describe('he can sign in by the identity provider'),
  invitedUntil: time.optional().describe('until when a link works by which he chooses a password'),
});
export type User = z.infer<typeof user>;

export const userRights = z.strictObject(given).refine(isNoScopedAdmin, scopedAdmin);
export const newUser = z.strictObject({ name: ownName, ...given }).refine(isNoScopedAdmin, scopedAdmin);
export const invitation = user.extend({
  invitation: z.string().describe('the secret of the link, shown once: BASE/#invite=SECRET'),
});
