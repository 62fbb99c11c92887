/** Labels that people give to devices and models. */
import { z } from 'zod';
import { name } from '../../shared/contract/names.ts';

/** Keys and values that people give to devices and models. */
export const labels = z
  .record(name, z.string().min(1).max(128))
  .refine((l) => Object.keys(l).length <= 64, { error: 'at most 64 labels' });
