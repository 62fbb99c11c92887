/** What devices fetch: signed metadata, open to everybody, and packages by digest (shared/contract/delivery.ts). */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { etagOf } from '../../../shared/contract/delivery.ts';
import { digest } from '../../../shared/contract/messages/desired.ts';
import { answers } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import { type Delivery, parseRange } from '../../registry/delivery.ts';
import type { Registry } from '../../registry/registry.ts';
import type { Signing } from '../../registry/signing/signing.ts';
import type { HubStore } from '../../store/store.ts';

export interface DeliveryRouteOptions {
  readonly store: Pick<HubStore, 'models'>;
  readonly registry: Pick<Registry, 'blobs'>;
  readonly signing: Signing;
  readonly delivery: Delivery;
}

const RETRY_S = 30;
const bytes = (type: string, description: string) => ({ description, content: { [type]: { schema: z.any() } } });

export function deliveryRoutes({ store, registry, signing, delivery }: DeliveryRouteOptions): FastifyPluginAsyncZod {
  const tags = ['delivery'];
  return async (app) => {
    app.get(
      '/delivery/metadata/:file',
      {
        config: { access: 'public' },
        schema: {
          summary: 'Get a file of signed metadata (The Update Framework)',
          tags,
          security: [],
          params: z.object({ file: z.string().max(64) }),
          response: { ...answers(z.object({})), 200: bytes('application/json', 'The file, as it was signed') },
        },
      },
      async (request, reply) => {
        const found = signing.repository.file(request.params.file);
        if (!found) throw new ProblemError(404, `there is no file "${request.params.file}" of signed metadata`);
        return reply.type('application/json').header('cache-control', 'no-cache').send(found);
      },
    );

    app.route({
      method: ['GET', 'HEAD'],
      url: '/delivery/packages/:digest',
      config: { access: 'device' },
      schema: {
        summary: 'Get a package by digest, or one range of its bytes',
        description: 'HTTP Basic with the id and token of a device, or a token of a viewer.',
        tags,
        security: [{ device: [] }, { token: [] }, { session: [] }],
        params: z.object({ digest }),
        headers: z.looseObject({ range: z.string().optional(), 'if-range': z.string().optional() }),
        response: {
          ...answers(z.object({})),
          200: bytes('application/gzip', 'The archive'),
          206: bytes('application/gzip', 'The range'),
        },
      },
      async handler(request, reply) {
        const wanted = request.params.digest;
        const found = await store.models.byDigest(wanted);
        if (!found || !registry.blobs.has(wanted)) throw new ProblemError(404, `there is no package ${wanted}`);
        const etag = etagOf(wanted);
        const size = found.bytes;
        reply.headers({ etag, 'accept-ranges': 'bytes', 'cache-control': 'private, max-age=31536000, immutable' });
        if (request.headers['if-none-match'] === etag) return reply.code(304).send();
        const isSame = (request.headers['if-range'] ?? etag) === etag;
        const range = isSame && request.method === 'GET' ? parseRange(request.headers.range, size) : undefined;
        if (range === 'unsatisfiable') {
          throw new ProblemError(416, `the package has ${size} bytes`, { 'content-range': `bytes */${size}` });
        }
        const { from, to } = range ?? { from: 0, to: size - 1 };
        reply.type('application/gzip').header('content-length', to - from + 1);
        if (range) reply.code(206).header('content-range', `bytes ${from}-${to}/${size}`);
        if (request.method === 'HEAD') return reply.send();
        const who = request.device ?? `user ${request.identity?.name}`;
        const body = delivery.open(registry.blobs.pathOf(wanted), { from, to }, who);
        if (body) return reply.send(body);
        reply.removeHeader('content-length').removeHeader('content-range');
        throw new ProblemError(429, 'too many downloads at once', { 'retry-after': String(RETRY_S) });
      },
    });
  };
}
