/** The dashboard's files at `/`. Paths that are no file are pages of the dashboard, so they answer its index.html. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { problemOf, sendProblem } from '../../shared/http/problems.ts';
import type { Site } from './site.ts';

const NOT_BUILT = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Vedette</title>
<p>The dashboard is not built. Run <code>npm run build</code> and restart the hub. The API is described at
<a href="/api/v1/docs">/api/v1/docs</a>.</p></html>
`;

/** @param folder of the built dashboard; it may be missing */
export async function servePages(app: FastifyInstance, folder: string, { base }: Site): Promise<void> {
  const index = path.join(folder, 'index.html');
  const isBuilt = existsSync(index);
  /** The page, told under which path people reach it. */
  const sendPage = async (reply: FastifyReply) => {
    const page = (await readFile(index, 'utf8')).replace('<base href="/" />', () => `<base href="${base}" />`);
    return reply.header('cache-control', 'no-cache').type('text/html').send(page);
  };
  if (isBuilt) {
    await app.register(fastifyStatic, {
      root: folder,
      index: false,
      cacheControl: false,
      setHeaders(reply, file) {
        // Vite puts a digest of the content into the names below assets/.
        const isHashed = path.relative(folder, file).startsWith(`assets${path.sep}`);
        reply.setHeader('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
      },
      schemaHide: true,
    });
    app.get('/', { schema: { hide: true } }, async (_request, reply) => sendPage(reply));
  } else {
    app.get('/', { schema: { hide: true } }, async (_request, reply) => reply.type('text/html').send(NOT_BUILT));
  }

  app.setNotFoundHandler((request, reply) => {
    if (isBuilt && isPage(request)) return sendPage(reply);
    return sendProblem(reply, problemOf(404, `there is nothing at ${request.method} ${pathOf(request)}`));
  });
}

function isPage(request: FastifyRequest): boolean {
  const target = pathOf(request);
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const isReserved = target.startsWith('/api/') || target.startsWith('/assets/');
  return isRead && !isReserved && (request.headers.accept ?? '').includes('text/html');
}

function pathOf(request: FastifyRequest): string {
  return (request.url.split('?', 1)[0] ?? '').slice(0, 256);
}
