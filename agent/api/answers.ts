/** How OpenAPI says what a route answers. */
import type { z } from 'zod';
import { PROBLEM_TYPE, problem } from '../../shared/contract/problem.ts';

/** Answers of a route: JSON of this schema, or a problem. */
export function answers<S extends z.ZodType>(schema: S, description = 'Success') {
  return { 200: { description, content: { 'application/json': { schema } } }, ...problems };
}

/** Problems alone, for routes that answer with pictures or text. */
export const problems = {
  default: { description: 'Problem (RFC 9457)', content: { [PROBLEM_TYPE]: { schema: problem } } },
} as const;
