/** How people sign in: ways that a hub offers, second factors, the identity provider. */
import { z } from 'zod';

export const signInWays = z.object({
  provider: z
    .object({ title: z.string().describe('what people read: Sign in with TITLE') })
    .optional()
    .describe('the identity provider (OpenID Connect); absent: there is none'),
});
export type SignInWays = z.infer<typeof signInWays>;

/** Also of a recovery code; spaces and hyphens do not count. */
export const factorCode = z.string().max(64).describe('six digits of the authenticator app, or a recovery code');

export const ownSignIn = z.object({
  password: z.boolean(),
  secondFactor: z.boolean(),
  recoveryCodes: z.number().describe('how many are left'),
  provider: z.boolean().describe('connected with an account of the identity provider'),
});
export type OwnSignIn = z.infer<typeof ownSignIn>;

export const factorSecret = z.object({
  secret: z.string().describe('base32 (RFC 4648), to be typed into an app'),
  uri: z.string().describe('the same as otpauth://…, to be shown as a QR code'),
});
export type FactorSecret = z.infer<typeof factorSecret>;

export const recoveryCodes = z.object({
  recoveryCodes: z.array(z.string()).describe('each works once, instead of a code of the app'),
});

export const providerStart = z.object({ location: z.string().describe('address at the provider: go there') });

/** Why a sign-in by the provider did not work: BASE/#sign-in=FAULT. */
export const signInFault = z.enum([
  'cancelled',
  'gone',
  'clock',
  'invalid',
  'expired',
  'no-role',
  'no-scope',
  'not-invited',
  'no-invitation',
  'taken',
  'signed-out',
]);
export type SignInFault = z.infer<typeof signInFault>;
