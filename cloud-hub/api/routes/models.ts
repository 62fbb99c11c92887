/** Model versions: upload, look, describe, aliases, delete. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { digest, targetPathOf } from '../../../shared/contract/messages/desired.ts';
import { name } from '../../../shared/contract/names.ts';
import type { Clock } from '../../../shared/kit/clock.ts';
import type { Registry } from '../../registry/registry.ts';
import type { Signing } from '../../registry/signing/signing.ts';
import type { StoredModel } from '../../store/models.ts';
import type { Store } from '../../store/store.ts';
import { actOf, answers, created, cursorRow, noContent, pageOf, security } from '../responses.ts';
import { page, pageQuery } from '../schemas/api.ts';
import { alias, metrics, model } from '../schemas/model.ts';
import { labels } from '../schemas/rollout.ts';

export interface ModelRouteOptions {
  readonly store: Store;
  readonly registry: Registry;
  readonly signing: Signing;
  readonly clock: Pick<Clock, 'wall'>;
}

const version = z.string().min(1).max(64);
const params = z.object({ name, version });
const aliasParams = z.object({ name, alias: name });
const tags = ['models'];

export function modelRoutes({ store, registry, signing, clock }: ModelRouteOptions): FastifyPluginAsyncZod {
  const describe = (found: StoredModel) => ({
    ...found,
    signed: signing.repository.isSigned(targetPathOf(found), found.digest),
  });
  return async (app) => {
    // The body is not read into memory: the route streams it to disk.
    app.addContentTypeParser('application/gzip', (_request, payload, done) => done(null, payload));

    app.post(
      '/models',
      {
        config: { access: 'operator', slowBody: true },
        schema: {
          summary: 'Upload a model package: a .tar.gz with model.yaml',
          description:
            'The same archive again answers 200 and changes nothing; another one of the same version is refused.',
          tags,
          security,
          consumes: ['application/gzip'],
          querystring: z.object({ digest: digest.optional().describe('refuse the archive unless it has this digest') }),
          response: { ...answers(model, 'It was there already'), ...created(model, 'The new version') },
        },
      },
      async (request, reply) => {
        const upload = { body: request.body as typeof request.raw, digest: request.query.digest };
        const { model: found, isNew } = await registry.add(upload, actOf(request, clock));
        return reply.code(isNew ? 201 : 200).send(describe(found));
      },
    );

    app.get(
      '/models',
      {
        config: { access: 'viewer' },
        schema: {
          summary: 'List model versions, newest first',
          tags,
          security,
          querystring: pageQuery.extend({ name: name.optional() }),
          response: answers(page(model)),
        },
      },
      async ({ query: { name: wanted, cursor, limit } }) => {
        const rows = await store.models.list({ name: wanted, before: cursorRow(cursor), limit: limit + 1 });
        return pageOf(rows.map(describe), limit);
      },
    );

    app.get(
      '/models/:name/:version',
      {
        config: { access: 'viewer' },
        schema: { summary: 'Get a model version', tags, security, params, response: answers(model) },
      },
      async (request) => describe(registry.get(request.params.name, request.params.version)),
    );

    app.delete(
      '/models/:name/:version',
      {
        config: { access: 'operator' },
        schema: { summary: 'Delete a version that nothing uses', tags, security, params, response: noContent },
      },
      async (request, reply) => {
        registry.remove(request.params.name, request.params.version, actOf(request, clock));
        return reply.code(204).send(undefined);
      },
    );

    for (const [what, body] of [['labels', labels] as const, ['metrics', metrics] as const]) {
      app.put(
        `/models/:name/:version/${what}`,
        {
          config: { access: 'operator' },
          schema: {
            summary: `Replace the ${what} of a version`,
            tags,
            security,
            params,
            body,
            response: answers(model),
          },
        },
        async (request) => {
          const { name: found, version: wanted } = request.params;
          return describe(registry.describe(found, wanted, what, request.body, actOf(request, clock)));
        },
      );
    }

    app.get(
      '/models/:name/aliases',
      {
        config: { access: 'viewer' },
        schema: {
          summary: 'List the aliases of a model',
          tags,
          security,
          params: z.object({ name }),
          response: answers(z.object({ items: z.array(alias) })),
        },
      },
      async (request) => ({ items: await store.models.aliases(request.params.name) }),
    );

    app.put(
      '/models/:name/aliases/:alias',
      {
        config: { access: 'operator' },
        schema: {
          summary: 'Point an alias, for example `stable`, to a version',
          tags,
          security,
          params: aliasParams,
          body: z.strictObject({ version }),
          response: answers(model),
        },
      },
      async (request) => {
        const { name: found, alias: pointing } = request.params;
        registry.setAlias(found, pointing, request.body.version, actOf(request, clock));
        return describe(registry.get(found, request.body.version));
      },
    );

    app.delete(
      '/models/:name/aliases/:alias',
      {
        config: { access: 'operator' },
        schema: { summary: 'Remove an alias', tags, security, params: aliasParams, response: noContent },
      },
      async (request, reply) => {
        registry.removeAlias(request.params.name, request.params.alias, actOf(request, clock));
        return reply.code(204).send(undefined);
      },
    );
  };
}
