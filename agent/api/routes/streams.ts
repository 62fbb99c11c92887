/** What the streams do, and what they see. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import type { StreamReport } from '../../../shared/contract/messages/report.ts';
import { answers } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import type { StreamTally } from '../../health/tallies.ts';
import type { ApiOptions } from '../options.ts';
import { latest, latestQuery, type stream, streamList, streamParams } from '../schemas.ts';

export function streamRoutes({ streams, tallies, live, clock }: ApiOptions): FastifyPluginAsyncZod {
  return async (app) => {
    app.get('/api/v1/streams', { schema: { response: answers(streamList) } }, async () => ({
      items: streams().map((report) => describe(report, tallies.of(report.id))),
    }));

    app.get(
      '/api/v1/streams/:id/latest',
      { schema: { params: streamParams, querystring: latestQuery, response: answers(latest) } },
      async (request) => {
        const report = streamOf(streams, request.params.id);
        const seen = await live.latest(report.id, request.query.wait * 1000);
        if (!seen) throw nothingOf(report, `no frame was analysed within ${request.query.wait} s`);
        const { frame, ptsMs, outcome, timing } = seen.result;
        const bare = outcome.task === 'detect' ? { ...outcome, detections: [...outcome.detections] } : outcome;
        return {
          stream: report.id,
          time: isoTime(seen.wall),
          ageMs: Math.max(0, Math.round(clock.wall() - seen.wall)),
          frame,
          ptsMs,
          outcome: bare,
          timingMs: { ...timing },
        };
      },
    );
  };
}

/** @throws ProblemError 404 naming the streams that there are */
export function streamOf(streams: ApiOptions['streams'], id: string): StreamReport {
  const all = streams();
  const found = all.find((s) => s.id === id);
  if (found) return found;
  const known = all.slice(0, 20).map((s) => s.id);
  throw new ProblemError(404, `there is no stream "${id}"; there are: ${known.join(', ') || 'none'}`);
}

/** @throws ProblemError 404 also for a stream of a sensor or of sound, which never has a picture */
export function pictureStreamOf(streams: ApiOptions['streams'], id: string): StreamReport {
  const found = streamOf(streams, id);
  const { kind = 'picture' } = found;
  if (kind === 'picture') return found;
  throw new ProblemError(
    404,
    `stream "${id}" is of kind ${kind} and has no pictures; see /api/v1/streams/${id}/latest`,
  );
}

/** Why a stream has nothing to show. */
export function nothingOf({ id, state, error }: StreamReport, what: string): ProblemError {
  const why = error === undefined ? '' : `: ${error}`;
  return new ProblemError(503, `${what}; stream "${id}" is ${state}${why}`, { 'retry-after': '2' });
}

function describe(report: StreamReport, { totals, latencyMs, lastError }: StreamTally): z.infer<typeof stream> {
  const { frames: decoded, ...fates } = totals;
  return {
    ...report,
    stateS: report.stateS ?? 0,
    frames: { decoded, ...fates },
    ...(latencyMs ? { latencyMs } : {}),
    ...(lastError
      ? { lastError: { code: lastError.code, message: lastError.message, time: isoTime(lastError.wall) } }
      : {}),
  };
}

function isoTime(wall: number): string {
  return new Date(wall).toISOString();
}
