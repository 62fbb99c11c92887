/** Model versions: upload, look, describe, aliases, delete. */
import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { digest, targetPathOf } from '../../../shared/contract/messages/desired.ts';
import { name } from '../../../shared/contract/names.ts';
import { answers, created } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import type { Clock } from '../../../shared/kit/clock.ts';
import { labels } from '../../contract/labels.ts';
import { alias, labelSet, metrics, model, uploaded } from '../../contract/model.ts';
import { page } from '../../contract/page.ts';
import type { Registry } from '../../registry/registry.ts';
import type { Signing } from '../../registry/signing/signing.ts';
import type { StoredModel } from '../../store/models.ts';
import type { HubStore, Parts } from '../../store/store.ts';
import { pageQuery } from '../bodies.ts';
import { actOf, cursorRow, noContent, pageOf, security } from '../responses.ts';

export interface ModelRouteOptions {
  readonly store: HubStore;
  readonly registry: Registry;
  readonly signing: Signing;
  readonly clock: Pick<Clock, 'wall'>;
}

interface UploadOptions extends Pick<ModelRouteOptions, 'registry' | 'clock'> {
  readonly describe: (found: StoredModel) => z.infer<typeof model>;
}

const version = z.string().min(1).max(64);
const params = z.object({ name, version });
const aliasParams = z.object({ name, alias: name });
const tags = ['models'];
/** A bare ONNX file has no type of its own. */
const BARE = 'application/octet-stream';

export function modelRoutes({ store, registry, signing, clock }: ModelRouteOptions): FastifyPluginAsyncZod {
  const describe = (found: StoredModel) => ({
    ...found,
    signed: signing.repository.isSigned(targetPathOf(found), found.digest),
  });
  const document = (request: FastifyRequest, from: Parts) => {
    const { name: found, version: wanted } = params.parse(request.params);
    return from.models.get(found, wanted);
  };
  const pointing = async (request: FastifyRequest, from: Parts) => {
    const { name: found, alias: wanted } = aliasParams.parse(request.params);
    return (await from.models.resolve(found, wanted))?.version;
  };
  return async (app) => {
    await app.register(uploadRoute({ registry, clock, describe }));

    app.get(
      '/models',
      {
        config: { access: 'viewer', scope: 'own' },
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
        config: { access: 'viewer', scope: 'own', document },
        schema: { summary: 'Get a model version', tags, security, params, response: answers(model) },
      },
      async (request) => describe(await registry.get(request.params.name, request.params.version)),
    );

    app.delete(
      '/models/:name/:version',
      {
        config: { access: 'operator', document },
        schema: { summary: 'Delete a version that nothing uses', tags, security, params, response: noContent },
      },
      async (request, reply) => {
        await registry.remove(request.params.name, request.params.version, actOf(request, clock));
        return reply.code(204).send(undefined);
      },
    );

    for (const [what, body] of [['labels', labels] as const, ['metrics', metrics] as const]) {
      app.put(
        `/models/:name/:version/${what}`,
        {
          config: { access: 'operator', document },
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
          return describe(await registry.describe(found, wanted, what, request.body, actOf(request, clock)));
        },
      );
    }

    app.get(
      '/models/:name/aliases',
      {
        config: { access: 'viewer', scope: 'own' },
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
        config: { access: 'operator', document: pointing },
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
        const { name: found, alias: wanted } = request.params;
        await registry.setAlias(found, wanted, request.body.version, actOf(request, clock));
        return describe(await registry.get(found, request.body.version));
      },
    );

    app.delete(
      '/models/:name/aliases/:alias',
      {
        config: { access: 'operator', document: pointing },
        schema: { summary: 'Remove an alias', tags, security, params: aliasParams, response: noContent },
      },
      async (request, reply) => {
        await registry.removeAlias(request.params.name, request.params.alias, actOf(request, clock));
        return reply.code(204).send(undefined);
      },
    );
  };
}

/** In a scope of its own: this route takes archives and ONNX files and nothing else, the others take JSON and no archives. */
function uploadRoute({ registry, clock, describe }: UploadOptions): FastifyPluginAsyncZod {
  return async (app) => {
    app.removeAllContentTypeParsers();
    // The body is not read into memory: the route streams it to disk.
    const types = ['application/gzip', BARE];
    app.addContentTypeParser(types, (_request, payload, done) => done(null, payload));

    app.post(
      '/models',
      {
        config: { access: 'operator', slowBody: true },
        schema: {
          summary: 'Upload a model package: a .tar.gz with model.yaml, or a bare ONNX file',
          description:
            'The same archive again answers 200 and changes nothing; another one of the same version is refused. Of a bare ONNX file ' +
            '(application/octet-stream) a package is made, as by `vedette-hub model init`; `guesses` says where each field comes from.',
          tags,
          security,
          consumes: types,
          querystring: z.object({
            digest: digest.optional().describe('refuse the file unless it has this digest'),
            name: name.optional().describe('of a bare ONNX file: name of the model (default: model)'),
            version: version.optional().describe('of a bare ONNX file (default: 1.0.0)'),
            labels: labelSet.optional().describe('of a bare ONNX file: the labels that it was trained on'),
          }),
          response: { ...answers(uploaded, 'It was there already'), ...created(uploaded, 'The new version') },
        },
      },
      async (request, reply) => {
        // Without a body and its type, fastify asks no parser.
        if (!(request.body instanceof Readable))
          throw new ProblemError(415, `send an archive as application/gzip, or an ONNX file as ${BARE}`);
        const { digest: announced, name: called = 'model', version: as, labels: set } = request.query;
        const overrides = { name: called, ...(as ? { version: as } : {}), ...(set ? { labels: set } : {}) };
        const bare = request.headers['content-type']?.startsWith(BARE) ? { bare: overrides } : {};
        const upload = { body: request.body, digest: announced, ...bare };
        const { model: found, isNew, guesses } = await registry.add(upload, actOf(request, clock));
        const answer = { ...describe(found), ...(guesses ? { guesses: [...guesses] } : {}) };
        return reply.code(isNew ? 201 : 200).send(answer);
      },
    );
  };
}
