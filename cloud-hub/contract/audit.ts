/** Entries of the audit. */
import { z } from 'zod';
import { time } from './time.ts';

export const auditEntry = z.object({
  id: z.string(),
  at: time,
  actor: z.string(),
  address: z.string().optional().describe('where the request came from; behind a proxy see --trust-proxy'),
  action: z.string(),
  subject: z.string(),
  detail: z.record(z.string(), z.unknown()),
});
export type AuditEntry = z.infer<typeof auditEntry>;
