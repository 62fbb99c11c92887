/** OpenAPI at /api/v1/openapi.json, made of the schemas that validate, and a page to read it at /api/v1/docs. */
import swagger, { type SwaggerTransform } from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { SESSION_COOKIE } from './auth.ts';
import { MATCH_HEADERS } from './documents.ts';
import { KEY_MAX, KEY_MIN } from './repeat-key.ts';
import { isRead } from './repeats.ts';
import type { Site } from './site.ts';

const MIME = 'application/json; charset=utf-8';

/**
 * Must be registered before the routes that it describes.
 * @returns gives the document, JSON in UTF-8. To make it takes 150 ms of work, so it is made once, and anybody may ask for it.
 */
export async function describeApi(app: FastifyInstance, version: string, { base }: Site): Promise<() => Buffer> {
  let made: Buffer | undefined;
  const document = () => {
    made ??= Buffer.from(JSON.stringify(app.swagger()));
    return made;
  };
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Vedette hub',
        version,
        description:
          'Errors are problem documents (RFC 9457). Lists page by cursor: pass `next` as `cursor`. A change that is sent again with ' +
          'the same `Idempotency-Key` is done once, and gets the first answer again (for 24 hours).',
      },
      servers: [{ url: base }],
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer' },
          device: { type: 'http', scheme: 'basic', description: 'id and token of a device' },
          session: { type: 'apiKey', in: 'cookie', name: SESSION_COOKIE },
        },
      },
    },
    transform: describeHeaders,
  });
  await app.register(swaggerUi, {
    routePrefix: '/api/v1/docs',
    uiHooks: {
      // The page would make the document anew each time; JSON is YAML too.
      onRequest(request, reply, done) {
        if (/\/(json|yaml)$/.test(request.routeOptions.url ?? '')) reply.type(MIME).send(document());
        else done();
      },
    },
    // Its own files only; it sets inline styles.
    staticCSP:
      "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'",
  });
  app.get('/api/v1/openapi.json', { schema: { hide: true } }, async (_request, reply) =>
    reply.type(MIME).send(document()),
  );
  return document;
}

const KEY = {
  type: 'string',
  minLength: KEY_MIN,
  maxLength: KEY_MAX,
  description: 'new for each change, such as a UUID; the same change sent again with it is done once',
} as const;

const MATCH = Object.fromEntries(
  MATCH_HEADERS.map((name) => [
    name,
    {
      type: 'string',
      description:
        name === 'If-Match'
          ? 'the ETag of the document that was read: 412 when somebody has changed it since'
          : '*: 412 when there is one already',
    },
  ]),
);

/** Headers that hooks take, beside what the route itself says. */
const describeHeaders: SwaggerTransform = (about) => {
  const { schema, url } = jsonSchemaTransform(about);
  const isChange = url.startsWith('/api/v1/') && ![about.route.method].flat().every(isRead);
  if (!isChange) return { schema, url };
  const tags = about.route.config?.document ? MATCH : {};
  return { schema: { ...schema, headers: { type: 'object', properties: { 'Idempotency-Key': KEY, ...tags } } }, url };
};
