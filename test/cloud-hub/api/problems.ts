import { expect } from 'vitest';
import { type ProblemDocument, problemDocument } from '../../../shared/contract/problem-document.ts';

/** The problem document that an answer must be. */
export async function problemOf(response: Response): Promise<ProblemDocument> {
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  const body = problemDocument.parse(await response.json());
  expect(body.status).toBe(response.status);
  return body;
}
