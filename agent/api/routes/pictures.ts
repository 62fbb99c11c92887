/** Annotated pictures of a stream: one, or one after the other. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { createPictureStream, MJPEG_TYPE } from '../mjpeg.ts';
import type { ApiOptions } from '../options.ts';
import { mjpegQuery, pictureQuery, streamParams } from '../schemas.ts';
import { nothingOf, pictureStreamOf } from './streams.ts';

/** A client that vanished without a word is noticed by the system after this silence. */
const KEEPALIVE_MS = 30_000;

export function pictureRoutes({ streams, live, clock }: ApiOptions): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/v1/streams/:id/picture.jpg',
      { schema: { params: streamParams, querystring: pictureQuery } },
      async (request, reply) => {
        const report = pictureStreamOf(streams, request.params.id);
        const { width, wait } = request.query;
        const jpeg = await live.picture(report.id, width, wait * 1000);
        if (!jpeg) throw nothingOf(report, `no picture came within ${wait} s`);
        return reply.type('image/jpeg').send(jpeg);
      },
    );

    app.get(
      '/api/v1/streams/:id/live.mjpeg',
      { schema: { params: streamParams, querystring: mjpegQuery } },
      async (request, reply) => {
        const { id } = pictureStreamOf(streams, request.params.id);
        const pictures = createPictureStream(clock);
        const leave = live.watch(id, request.query.fps, request.query.width, pictures.push);
        request.raw.socket.setKeepAlive(true, KEEPALIVE_MS);
        // However it ends: the client goes, it takes nothing any more, the agent stops.
        pictures.body.once('close', leave);
        return reply.type(MJPEG_TYPE).send(pictures.body);
      },
    );
  };
}
