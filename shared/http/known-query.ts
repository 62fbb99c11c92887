/** A query parameter that a route does not know is refused: a typing error must not silently mean "no filter". */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ProblemError } from './problems.ts';

const SHOWN = 64;

/** A `preValidation` hook. @throws ProblemError 400 with each unknown parameter, and those that the route knows */
export async function refuseUnknownQuery(request: FastifyRequest): Promise<void> {
  const schema = request.routeOptions.schema?.querystring;
  const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  const unknown = Object.keys(Object(request.query)).filter((key) => !known.includes(key));
  if (unknown.length === 0) return;
  const has = known.length === 0 ? 'this address takes none' : `it takes: ${known.join(', ')}`;
  const errors = unknown.map((key) => ({
    path: `querystring.${key.slice(0, SHOWN)}`,
    message: `is no parameter here; ${has}`,
  }));
  throw new ProblemError(400, 'the query of the address is not valid', {}, errors);
}
