/** Bodies and queries that only HTTP has; what the API speaks of is in cloud-hub/contract. */
import { z } from 'zod';
import { name } from '../../shared/contract/names.ts';
import { factorCode } from '../contract/sign-in.ts';
import { time } from '../contract/time.ts';

/** Query of every list. */
export const pageQuery = z.object({
  cursor: z.string().max(256).optional().describe('`next` of the page before'),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

export const newDevice = z.object({ id: name });

/** Sign in with a password, a one-time code or a token; the answer sets the session cookie. */
export const signIn = z.union([
  z.strictObject({ name: z.string().max(64), password: z.string().max(256), code: factorCode.optional() }),
  z.strictObject({ code: z.string().max(128) }),
  z.strictObject({ token: z.string().max(256) }),
]);

export const signInCode = z.object({ code: z.string(), expiresAt: time });

export const newStreamSet = z.strictObject({ name, streams: z.record(name, z.unknown()) });
