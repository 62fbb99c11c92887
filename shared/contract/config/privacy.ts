/** What nobody may see of a stream's pictures. Coordinates are fractions of the source frame. */
import { z } from 'zod';
import { polygon } from './polygon.ts';

export const privacyConfig = z.strictObject({
  masks: z
    .array(polygon)
    .max(64)
    .default([])
    .describe(
      'polygons that are painted over in every frame before anything looks at it: no picture shows what is there, and the model does not see it either',
    ),
  labels: z
    .array(z.string().min(1).max(128))
    .max(64)
    .default([])
    .describe('objects of these labels are hidden in every picture; what the model does not find is not hidden'),
  style: z
    .enum(['fill', 'mosaic'])
    .default('fill')
    .describe('how objects are hidden: painted black, or by squares of their mean colour'),
});
export type PrivacyConfig = z.infer<typeof privacyConfig>;
