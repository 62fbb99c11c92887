/** The signed metadata of models, as it stands. */
import { z } from 'zod';
import { count } from '../../shared/contract/names.ts';
import { time } from './time.ts';

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
