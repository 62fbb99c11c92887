/** RFC 9457 problem document: what every HTTP error of hub and agent looks like. */
import { z } from 'zod';

export const PROBLEM_TYPE = 'application/problem+json';

export const problemDocument = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string().optional(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});
export type ProblemDocument = z.infer<typeof problemDocument>;
