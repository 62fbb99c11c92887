/** OpenAPI at /api/v1/openapi.json, made of the schemas that validate, and a page to read it at /api/v1/docs. */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { SESSION_COOKIE } from './auth.ts';
import type { Site } from './site.ts';

/** Must be registered before the routes that it describes. */
export async function describeApi(app: FastifyInstance, version: string, { base }: Site): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Vedette hub',
        version,
        description: 'Errors are problem documents (RFC 9457). Lists page by cursor: pass `next` as `cursor`.',
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
    transform: jsonSchemaTransform,
  });
  await app.register(swaggerUi, {
    routePrefix: '/api/v1/docs',
    // Its own files only; it sets inline styles.
    staticCSP:
      "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'",
  });
}
