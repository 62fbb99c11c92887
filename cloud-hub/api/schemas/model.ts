/** Models, their aliases, sets of streams, and the audit, as the API gives them. Times are ISO 8601 in UTC. */
import { z } from 'zod';
import { digest } from '../../../shared/contract/messages/desired.ts';
import { variant } from '../../../shared/contract/model-manifest.ts';
import { count, name } from '../../../shared/contract/names.ts';
import { time } from './api.ts';
import { labels } from './rollout.ts';

/** Figures that somebody measured, for example `{ "map50": 0.61 }`. */
export const metrics = z
  .record(z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/), z.number())
  .refine((m) => Object.keys(m).length <= 64, { error: 'at most 64 metrics' });

/** An immutable version of a model package. */
export const model = z.object({
  id: z.string(),
  name,
  version: z.string(),
  digest: digest.describe('of the .tar.gz'),
  bytes: count,
  task: z.string(),
  license: z.string(),
  variants: z.array(variant),
  labels,
  metrics,
  aliases: z.array(name).describe('that point to it'),
  signed: z.boolean().describe('the signed metadata names it: devices may install it'),
  createdAt: time,
  createdBy: z.string(),
});
export type Model = z.infer<typeof model>;

export const alias = z.object({ name, alias: name, version: z.string(), changedAt: time, changedBy: z.string() });
export type Alias = z.infer<typeof alias>;

/** What a whole device streams: replaces `streams` of its configuration. Named by the digest of its content. */
export const streamSet = z.object({
  id: z.string(),
  revision: digest,
  name,
  streams: z.record(z.string(), z.unknown()),
  createdAt: time,
  createdBy: z.string(),
});
export type StreamSet = z.infer<typeof streamSet>;

export const newStreamSet = z.strictObject({ name, streams: z.record(name, z.unknown()) });

export const auditEntry = z.object({
  id: z.string(),
  at: time,
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  detail: z.record(z.string(), z.unknown()),
});
export type AuditEntry = z.infer<typeof auditEntry>;

const roleState = z.object({
  version: count,
  expiresAt: time,
  threshold: count,
  keys: z.array(z.string()).describe('ids'),
});

/** The signed metadata as it stands. */
export const trustState = z.object({
  roles: z
    .object({ root: roleState, targets: roleState, snapshot: roleState, timestamp: roleState })
    .optional()
    .describe('absent until a root was published'),
  online: z
    .object({ snapshot: z.unknown(), timestamp: z.unknown() })
    .describe('public keys of the hub itself, to be named in the next root'),
  targets: count.describe('packages that are signed'),
  warnings: z.array(z.string()).describe('what needs somebody with keys soon'),
});
export type TrustState = z.infer<typeof trustState>;
