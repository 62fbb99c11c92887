/** Who somebody is, and what he may do. */
import { z } from 'zod';
import { time } from './time.ts';

export const role = z.enum(['viewer', 'operator', 'admin']);
export type Role = z.infer<typeof role>;

export const identity = z.object({ role, name: z.string() });
export type Identity = z.infer<typeof identity>;

export const session = z.object({
  id: z.string(),
  role,
  name: z.string(),
  token: z.string().describe('id of the token that it came from, by itself or by a code'),
  createdAt: time,
  expiresAt: time,
  current: z.boolean().describe('is it the session that asks?'),
});
export type Session = z.infer<typeof session>;
