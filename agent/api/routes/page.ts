/** A page without scripts at `/`: every stream's live picture, for a look at the box itself. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { StreamReport } from '../../../shared/contract/messages/report.ts';
import { escapeXml } from '../../../shared/engine/drawing/overlay.ts';
import type { Reading } from '../../health/tallies.ts';
import type { ApiOptions } from '../options.ts';

/** Browsers open six connections to an address; a page of live pictures would starve the next click. */
const MOST_LIVE = 4;

const ANEW_S = 5;

const STYLE =
  'body{font:15px/1.4 system-ui,sans-serif;margin:1.5rem;background:#14171a;color:#e8eaed}a{color:#8ab4f8}' +
  'main{display:grid;grid-template-columns:repeat(auto-fill,minmax(22rem,1fr));gap:1rem}' +
  'img{width:100%;background:#000;min-height:6rem;border-radius:4px}h2{font-size:1rem;margin:.5rem 0 0}p{margin:.2rem 0}' +
  'dl{display:grid;grid-template-columns:auto 1fr;gap:.2rem 1rem;margin:0;padding:.8rem;background:#000;border-radius:4px}dd{margin:0;font-variant-numeric:tabular-nums}.odd{color:#f28b82}';

/** Only a stream of pictures (the default) has a picture. */
const hasPicture = ({ kind = 'picture' }: StreamReport) => kind === 'picture';

export function pageRoutes({
  device,
  version,
  streams,
  tallies,
}: Pick<ApiOptions, 'device' | 'version' | 'streams' | 'tallies'>): FastifyPluginAsyncZod {
  return async (app) => {
    app.get('/', async (_request, reply) => {
      let live = 0;
      const cards = streams().map((stream) =>
        card(
          stream,
          hasPicture(stream) && stream.state === 'running' && ++live <= MOST_LIVE,
          readingOf(tallies.of(stream.id).reading),
        ),
      );
      // Pictures are live by themselves; a page of values alone is read anew.
      const anew = live === 0 ? `<meta http-equiv="refresh" content="${ANEW_S}">` : '';
      const title = `${escapeXml(device)} · Vedette`;
      return reply
        .type('text/html; charset=utf-8')
        .send(
          `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
            `${anew}<title>${title}</title><style>${STYLE}</style><h1>${title}</h1><main>${cards.join('')}</main>` +
            `<p><a href="/api/v1/streams">streams</a> · <a href="/api/v1/outbox">outbox</a> · <a href="/metrics">metrics</a>` +
            ` · vedette-agent ${escapeXml(version)}</p></html>`,
        );
    });
  };
}

function card(stream: StreamReport, showLive: boolean, reading: string): string {
  const { id, state, stateS = 0, fps, error } = stream;
  const base = `/api/v1/streams/${encodeURIComponent(id)}`;
  const picture = showLive
    ? `<img src="${base}/live.mjpeg?fps=5&amp;width=640" alt="live picture of ${escapeXml(id)}">`
    : '';
  const why = error === undefined ? '' : `<p>${escapeXml(error)}</p>`;
  const pictures = `<a href="${base}/live.mjpeg">live</a> · <a href="${base}/picture.jpg">picture</a> · `;
  const links = `${hasPicture(stream) ? pictures : ''}<a href="${base}/latest">latest result</a>`;
  const rate = `${Math.round(fps * 10) / 10} ${hasPicture(stream) ? 'frames' : 'windows'} per second`;
  const how = state === 'running' ? rate : `for ${stateS} s`;
  return `<section>${picture}${reading}<h2>${escapeXml(id)}</h2><p>${state}, ${how} · ${links}</p>${why}</section>`;
}

const MOST_VALUES = 32;

/** The last values of a sensor, and what the model says of them. */
function readingOf(reading: Reading | undefined): string {
  if (!reading) return '';
  const { values = {}, score, threshold, anomalous, label } = reading;
  const measured = Object.entries(values).slice(0, MOST_VALUES);
  const facts = [
    ...(label === undefined ? [] : [['class', label]]),
    ...(score === undefined ? [] : [['score', numberText(score)]]),
    ...(threshold === undefined ? [] : [['threshold', numberText(threshold)]]),
  ];
  const rows = [...measured.map(([channel, value]) => [channel, numberText(value)]), ...facts];
  const list = rows.map(([term = '', text = '']) => `<dt>${escapeXml(term)}</dt><dd>${escapeXml(text)}</dd>`).join('');
  return `<dl${anomalous ? ' class="odd"' : ''}>${list}</dl>`;
}

function numberText(value: number): string {
  return String(Number(value.toPrecision(4)));
}
