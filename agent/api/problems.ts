/** RFC 9457 problem documents: every error of the local API is one. */
import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { z } from 'zod';

const PROBLEM_TYPE = 'application/problem+json';

export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string().optional(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});
export type Problem = z.infer<typeof problem>;

/** Thrown by routes and hooks; becomes the answer. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: number, detail: string, headers: Record<string, string> = {}) {
    super(detail);
    this.status = status;
    this.headers = headers;
  }
}

/** Answers of a route: JSON of this schema, or a problem. */
export function answers<S extends z.ZodType>(schema: S, description = 'Success') {
  return { 200: { description, content: { 'application/json': { schema } } }, ...problems };
}

/** Problems alone, for routes that answer with pictures or text. */
export const problems = {
  default: { description: 'Problem (RFC 9457)', content: { [PROBLEM_TYPE]: { schema: problem } } },
} as const;

export function sendProblem(reply: FastifyReply, status: number, detail: string, errors?: Problem['errors']) {
  const body: Problem = {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail,
    ...(errors ? { errors } : {}),
  };
  return reply.code(status).type(PROBLEM_TYPE).serializer(JSON.stringify).send(body);
}

/** fastify's error handler. */
export function handleError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof ProblemError) return sendProblem(reply.headers(error.headers), error.status, error.message);
  if (hasZodFastifySchemaValidationErrors(error)) {
    const where = error.validationContext ?? 'request';
    const errors = error.validation.map((issue) => ({
      path: `${where}${issue.instancePath.replaceAll('/', '.')}`,
      message: issue.message ?? 'is not valid',
    }));
    return sendProblem(reply, 400, `the ${where} is not valid`, errors);
  }
  const status = error.statusCode ?? 500;
  if (status >= 400 && status < 500) return sendProblem(reply, status, error.message);
  request.log.error({ err: error, route: request.routeOptions.url }, 'request to the local API failed');
  return sendProblem(reply, 500, 'the agent failed to answer; its log says why');
}
