/** What a route answers, for OpenAPI. */
import type { z } from 'zod';
import { PROBLEM_TYPE, problemDocument } from '../contract/problem-document.ts';

/** Problems alone, for routes that answer with pictures or text. */
export const problems = {
  default: { description: 'Problem (RFC 9457)', content: { [PROBLEM_TYPE]: { schema: problemDocument } } },
} as const;

/** Answers of a route: JSON of this schema, or a problem. */
export function answers<S extends z.ZodType>(schema: S, description = 'Success') {
  return { 200: jsonOf(schema, description), ...problems };
}

/** The same of a route that makes something. */
export function created<S extends z.ZodType>(schema: S, description: string) {
  return { 201: jsonOf(schema, description), ...problems };
}

function jsonOf<S extends z.ZodType>(schema: S, description: string) {
  return { description, content: { 'application/json': { schema } } };
}
