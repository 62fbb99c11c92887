/** Answering with problem documents (RFC 9457): every error of an API is one, without internals. */
import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { PROBLEM_TYPE, type ProblemDocument } from '../contract/problem-document.ts';

/** Thrown by routes and hooks; becomes the answer. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Each wrong field, where there are several. */
  readonly errors: ProblemDocument['errors'];
  constructor(
    status: number,
    detail: string,
    headers: Record<string, string> = {},
    errors?: ProblemDocument['errors'],
  ) {
    super(detail);
    this.status = status;
    this.headers = headers;
    this.errors = errors;
  }
}

export function problemOf(status: number, detail?: string, errors?: ProblemDocument['errors']): ProblemDocument {
  return {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    ...(detail === undefined ? {} : { detail }),
    ...(errors === undefined ? {} : { errors }),
  };
}

export function sendProblem(reply: FastifyReply, problem: ProblemDocument): FastifyReply {
  return reply.code(problem.status).type(PROBLEM_TYPE).serializer(JSON.stringify).send(problem);
}

/** What fastify validates, for people. */
const partNames: Readonly<Record<string, string>> = {
  querystring: 'the query of the address',
  params: 'the path of the address',
  body: 'the body',
  headers: 'a header',
};

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
      return sendProblem(reply, problemOf(400, `${partNames[where] ?? 'the request'} is not valid`, errors));
    }
    const status = error.statusCode ?? 500;
    if (status >= 400 && status < 500) return sendProblem(reply, problemOf(status, error.message));
    if (isBrokenOff(error, request)) {
      request.log.debug({ route: request.routeOptions.url, reason: error.message }, 'request broken off');
      return sendProblem(reply, problemOf(400, 'the body did not come whole'));
    }
    request.log.error({ err: error, route: request.routeOptions.url }, 'request failed');
    return sendProblem(reply, problemOf(500, `${who} failed to answer; its log says why`));
  };
}

/** Did the sender go before its body was whole, and is that why the route failed? */
function isBrokenOff(error: FastifyError, { raw }: FastifyRequest): boolean {
  return !raw.complete && raw.destroyed && (error === raw.errored || error.code === 'ERR_STREAM_PREMATURE_CLOSE');
}
