import fastify from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { PROBLEM_TYPE, problemDocument } from '../../../shared/contract/problem-document.ts';
import { ProblemError, problemHandler, problemOf, sendProblem } from '../../../shared/http/problems.ts';

interface Logged {
  readonly err: Error;
  readonly route: string;
}

function server() {
  const logged: Logged[] = [];
  const lines = { write: (line: string) => void logged.push(JSON.parse(line) as Logged) };
  const app = fastify({ logger: { level: 'error', stream: lines } }).withTypeProvider<ZodTypeProvider>();
  onTestFinished(() => app.close());
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(problemHandler('the hub'));
  app.setNotFoundHandler((_request, reply) => sendProblem(reply, problemOf(404, 'no such page')));
  const body = z.object({ rules: z.array(z.object({ name: z.string().min(1) })) });
  app.post('/rules', { schema: { body } }, async () => 'ok');
  app.get('/query', { schema: { querystring: z.object({ limit: z.coerce.number().int() }) } }, async () => 'ok');
  app.get('/fails/:how', async (request) => {
    const { how } = request.params as { how: string };
    if (how === 'known') {
      throw new ProblemError(409, 'it is taken', { 'retry-after': '7' }, [{ path: 'name', message: 'is taken' }]);
    }
    if (how === 'plain') throw new ProblemError(403, 'not yours');
    throw Object.assign(new Error('SELECT secret FROM users'), how === 'inside' ? {} : { statusCode: Number(how) });
  });
  return { app, logged };
}

async function ask(
  app: ReturnType<typeof server>['app'],
  method: 'GET' | 'POST',
  url: string,
  payload?: object | string,
) {
  const answer = await app.inject({
    method,
    url,
    ...(payload === undefined ? {} : { payload, headers: { 'content-type': 'application/json' } }),
  });
  const { 'content-type': type, 'retry-after': retry } = answer.headers;
  return { status: answer.statusCode, type, retry, body: problemDocument.parse(answer.json()) };
}

test('what a route throws on purpose is the answer, with its headers and its wrong fields', async () => {
  const { app, logged } = server();
  expect(await ask(app, 'GET', '/fails/known')).toEqual({
    status: 409,
    type: expect.stringContaining(PROBLEM_TYPE),
    retry: '7',
    body: {
      type: 'about:blank',
      title: 'Conflict',
      status: 409,
      detail: 'it is taken',
      errors: [{ path: 'name', message: 'is taken' }],
    },
  });
  expect((await ask(app, 'GET', '/fails/plain')).body).toEqual({
    type: 'about:blank',
    title: 'Forbidden',
    status: 403,
    detail: 'not yours',
  });
  expect((await ask(app, 'GET', '/nowhere')).body).toMatchObject({
    status: 404,
    title: 'Not Found',
    detail: 'no such page',
  });
  expect(logged).toEqual([]);
});

test('a request that does not pass its schema: each wrong field by its path', async () => {
  const { app, logged } = server();
  const { status, body } = await ask(app, 'POST', '/rules', { rules: [{ name: 'a' }, { name: '' }, {}] });
  expect(status).toBe(400);
  expect(body).toEqual({
    type: 'about:blank',
    title: 'Bad Request',
    status: 400,
    detail: 'the body is not valid',
    errors: [
      { path: 'body.rules.1.name', message: expect.stringContaining('Too small') },
      { path: 'body.rules.2.name', message: expect.stringContaining('expected string') },
    ],
  });
  expect((await ask(app, 'GET', '/query?limit=x')).body).toMatchObject({
    detail: 'the query of the address is not valid',
    errors: [{ path: 'querystring.limit' }],
  });
  expect((await ask(app, 'POST', '/rules', '{"rules":')).body).toMatchObject({
    status: 400,
    detail: expect.any(String),
  });
  expect(logged).toEqual([]);
});

test('a failure inside is logged with its route, and the answer does not show it; errors of the caller are shown', async () => {
  const { app, logged } = server();
  for (const how of ['inside', '500', '503', '200', '600']) {
    expect((await ask(app, 'GET', `/fails/${how}`)).body, how).toEqual({
      type: 'about:blank',
      title: 'Internal Server Error',
      status: 500,
      detail: 'the hub failed to answer; its log says why',
    });
  }
  expect(logged).toHaveLength(5);
  expect(logged[0]).toMatchObject({ err: { message: 'SELECT secret FROM users' }, route: '/fails/:how' });
  for (const status of [400, 418, 499]) {
    expect((await ask(app, 'GET', `/fails/${status}`)).body).toMatchObject({
      status,
      detail: 'SELECT secret FROM users',
    });
  }
  expect(logged).toHaveLength(5);
});

test('a status without a name, and nothing more to say', () => {
  expect(problemOf(499)).toEqual({ type: 'about:blank', title: 'Error', status: 499 });
  expect(problemOf(404)).toEqual({ type: 'about:blank', title: 'Not Found', status: 404 });
});
