/** The dataset: samples whose picture is kept, with what edge, hub and operators say of them. */
import { z } from 'zod';
import { box, count } from '../../shared/contract/names.ts';
import { correction } from './correction.ts';
import { opinion } from './opinion.ts';

export const datasetItem = opinion.extend({
  picture: z.object({
    width: count,
    height: count,
    region: box.describe('the part of the source frame that the picture shows; all boxes are of the source frame'),
    hash: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .describe('difference hash of 256 bits: few differ where pictures look alike'),
  }),
  correction: correction.optional().describe('what an operator says of the event'),
});
export type DatasetItem = z.infer<typeof datasetItem>;
