/** `up/status` (retained, last will): is the device there? */
import { z } from 'zod';
import { epoch } from './batch.ts';

export const status = z.looseObject({
  online: z.boolean(),
  version: z.string().max(64).optional(),
  boot: z.string().max(64).optional(),
  epoch: epoch.optional(),
});
export type Status = z.infer<typeof status>;
