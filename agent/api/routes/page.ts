/** A page without scripts at `/`: every stream's live picture, for a look at the box itself. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { StreamReport } from '../../../shared/contract/messages/report.ts';
import type { ApiOptions } from '../options.ts';
import { escapeXml } from '../overlay.ts';

/** Browsers open six connections to an address; a page of live pictures would starve the next click. */
const MOST_LIVE = 4;

const STYLE =
  'body{font:15px/1.4 system-ui,sans-serif;margin:1.5rem;background:#14171a;color:#e8eaed}a{color:#8ab4f8}' +
  'main{display:grid;grid-template-columns:repeat(auto-fill,minmax(22rem,1fr));gap:1rem}' +
  'img{width:100%;background:#000;min-height:6rem;border-radius:4px}h2{font-size:1rem;margin:.5rem 0 0}p{margin:.2rem 0}';

export function pageRoutes({ device, version, streams }: ApiOptions): FastifyPluginAsyncZod {
  return async (app) => {
    app.get('/', async (_request, reply) => {
      let live = 0;
      const cards = streams().map((stream) => card(stream, stream.state === 'running' && ++live <= MOST_LIVE));
      const title = `${escapeXml(device)} · Vedette`;
      return reply
        .type('text/html; charset=utf-8')
        .send(
          `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
            `<title>${title}</title><style>${STYLE}</style><h1>${title}</h1><main>${cards.join('')}</main>` +
            `<p><a href="/api/v1/streams">streams</a> · <a href="/api/v1/outbox">outbox</a> · <a href="/metrics">metrics</a>` +
            ` · vedette-agent ${escapeXml(version)}</p></html>`,
        );
    });
  };
}

function card({ id, state, fps, error }: StreamReport, showLive: boolean): string {
  const base = `/api/v1/streams/${encodeURIComponent(id)}`;
  const picture = showLive
    ? `<img src="${base}/live.mjpeg?fps=5&amp;width=640" alt="live picture of ${escapeXml(id)}">`
    : '';
  const why = error === undefined ? '' : `<p>${escapeXml(error)}</p>`;
  const links = `<a href="${base}/live.mjpeg">live</a> · <a href="${base}/picture.jpg">picture</a> · <a href="${base}/latest">latest</a>`;
  return `<section>${picture}<h2>${escapeXml(id)}</h2><p>${state}, ${fps} frames/s · ${links}</p>${why}</section>`;
}
