import { expect } from 'vitest';
import * as schemas from '../../../cloud-hub/api/schemas/api.ts';

/** The problem document that an answer must be. */
export async function problemOf(response: Response): Promise<schemas.Problem> {
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  const body = schemas.problem.parse(await response.json());
  expect(body.status).toBe(response.status);
  return body;
}
