import { expect } from 'vitest';
import { type Problem, problem } from '../../../shared/contract/problem.ts';

/** The problem document that an answer must be. */
export async function problemOf(response: Response): Promise<Problem> {
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  const body = problem.parse(await response.json());
  expect(body.status).toBe(response.status);
  return body;
}
