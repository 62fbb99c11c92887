/** Entries of the audit, and what is said of their chain. */
import { z } from 'zod';
import { time } from './time.ts';

const digest = z.string().regex(/^[0-9a-f]{64}$/);

export const auditEntry = z.object({
  id: z.string(),
  at: time,
  actor: z.string(),
  address: z.string().optional().describe('where the request came from; behind a proxy see --trust-proxy'),
  action: z.string(),
  subject: z.string(),
  detail: z.record(z.string(), z.unknown()),
  digest: z.string().describe('SHA-256 over this entry and the digest of the entry before'),
});
export type AuditEntry = z.infer<typeof auditEntry>;

/** What a list of the audit may be narrowed to. */
export const auditFilter = z.object({
  actor: z.string().max(128).optional().describe('who acted'),
  action: z.string().max(64).optional().describe('an action, or the part before its dot: `device.add`, `device`'),
  subject: z.string().max(256).optional().describe('what was acted on'),
  since: z.iso.datetime({ offset: true }).optional().describe("hub's wall clock, included"),
  until: z.iso.datetime({ offset: true }).optional().describe("hub's wall clock, not included"),
});
export type AuditFilter = z.infer<typeof auditFilter>;

/** The newest entry: whoever keeps it elsewhere can tell later whether the audit was cut or written anew. */
export const auditHead = z.object({ id: z.string(), digest });
export type AuditHead = z.infer<typeof auditHead>;

/** A head as people write it: `ID:DIGEST`. */
export const headText = z
  .string()
  .regex(/^[1-9][0-9]{0,15}:[0-9a-f]{64}$/, 'must be ID:DIGEST, as `audit head` prints it');

export const auditCheck = z.object({
  entries: z.number(),
  head: auditHead.optional().describe('absent when there is no entry'),
  faulty: z.number().describe('how many faults were found; 0: the chain is whole'),
  faults: z.array(z.object({ id: z.string().describe('the entry'), text: z.string() })).describe('the first of them'),
});
export type AuditCheck = z.infer<typeof auditCheck>;

/** @param text what `headText` lets through */
export function headOf(text: string): AuditHead {
  const [id = '', found = ''] = text.split(':');
  return { id, digest: found };
}
