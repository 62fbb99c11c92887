/** Answering with problem documents (RFC 9457): every error of an API is one, and tells nothing of the inside. */
import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { PROBLEM_TYPE, type Problem } from '../contract/problem.ts';

/** Thrown by routes and hooks; becomes the answer. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Each wrong field, where there are several. */
  readonly errors: Problem['errors'];
  constructor(status: number, detail: string, headers: Record<string, string> = {}, errors?: Problem['errors']) {
    super(detail);
    this.status = status;
    this.headers = headers;
    this.errors = errors;
  }
}

export function problemOf(status: number, detail?: string, errors?: Problem['errors']): Problem {
  return {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    ...(detail === undefined ? {} : { detail }),
    ...(errors === undefined ? {} : { errors }),
  };
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply.code(problem.status).type(PROBLEM_TYPE).serializer(JSON.stringify).send(problem);
}

/**
 * fastify's error handler.
 * @param who names the program to a person: `the hub`, `the agent`
 */
export function problemHandler(who: string) {
  return (error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    if (error instanceof ProblemError) {
      return sendProblem(reply.headers(error.headers), problemOf(error.status, error.message, error.errors));
    }
    if (hasZodFastifySchemaValidationErrors(error)) {
      const where = error.validationContext ?? 'request';
      const errors = error.validation.map((issue) => ({
        path: `${where}${issue.instancePath.replaceAll('/', '.')}`,
        message: issue.message ?? 'is not valid',
      }));
      return sendProblem(reply, problemOf(400, `the ${where} is not valid`, errors));
    }
    const status = error.statusCode ?? 500;
    if (status >= 400 && status < 500) return sendProblem(reply, problemOf(status, error.message));
    request.log.error({ err: error, route: request.routeOptions.url }, 'request failed');
    return sendProblem(reply, problemOf(500, `${who} failed to answer; its log says why`));
  };
}
