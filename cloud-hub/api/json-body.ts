/** Bodies in JSON: their shape is looked at before anything is built of them. Whoever walks a body later may do so by recursion. */
import type { FastifyInstance } from 'fastify';
import { overLimit, type ShapeLimits } from '../../shared/contract/shape.ts';
import { ProblemError } from '../../shared/http/problems.ts';

/** Above what any document of the API needs. */
const BODY_SHAPE: ShapeLimits = { maxDepth: 32, maxValues: 100_000 };

/** Takes the place of fastify's own parser, which it asks when the shape is in order. */
export function parseJsonBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, bytes, done) => {
    const over = overLimit(Buffer.from(bytes), BODY_SHAPE);
    return over === undefined
      ? parse(request, String(bytes), done)
      : done(new ProblemError(400, `the body names ${over}`));
  });
}
