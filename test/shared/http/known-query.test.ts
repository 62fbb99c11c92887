import fastify from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { refuseUnknownQuery } from '../../../shared/http/known-query.ts';
import { problemHandler } from '../../../shared/http/problems.ts';

test('a parameter that a route does not know is refused by its name, with those that it knows', async () => {
  const app = fastify().withTypeProvider<ZodTypeProvider>();
  onTestFinished(() => app.close());
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(problemHandler('the hub'));
  app.addHook('preValidation', refuseUnknownQuery);
  const querystring = z.object({ limit: z.coerce.number().optional(), device: z.string().optional() });
  app.get('/list', { schema: { querystring } }, async () => 'ok');
  app.get('/none', async () => 'ok');
  const ask = async (url: string) => {
    const answer = await app.inject(url);
    return answer.statusCode === 200 ? 200 : [answer.statusCode, answer.json().errors];
  };
  expect(await ask('/list?limit=1&device=a')).toBe(200);
  expect(await ask('/list')).toBe(200);
  expect(await ask('/none')).toBe(200);
  const known = 'it takes: limit, device';
  expect(await ask('/list?limt=1&__proto__=2&limit=3')).toEqual([
    400,
    [
      { path: 'querystring.limt', message: `is no parameter here; ${known}` },
      { path: 'querystring.__proto__', message: `is no parameter here; ${known}` },
    ],
  ]);
  expect(await ask('/none?a')).toEqual([
    400,
    [{ path: 'querystring.a', message: 'is no parameter here; this address takes none' }],
  ]);
  const [status, errors] = (await ask(`/none?${'x'.repeat(500)}=1`)) as [number, { path: string }[]];
  expect([status, errors[0]?.path.length]).toEqual([400, 'querystring.'.length + 64]);
});
