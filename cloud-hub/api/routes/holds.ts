/** Holds on events: they stay until an admin releases them. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { answers } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import { event } from '../../contract/event.ts';
import { newHold } from '../../contract/hold.ts';
import type { Parts } from '../../store/store.ts';
import type { ApiOptions } from '../options.ts';
import { noContent, security } from '../responses.ts';
import { eventDocument, eventParams as params, say, takeBack } from './event-change.ts';

const of = ({ holds }: Parts) => holds;

export function holdRoutes(options: Pick<ApiOptions, 'store' | 'feed' | 'clock'>): FastifyPluginAsyncZod {
  const common = { tags: ['records'], security, params };
  const config = { access: 'admin', scope: 'event', document: eventDocument } as const;
  return async (app) => {
    app.put(
      '/events/:id/hold',
      {
        config,
        schema: {
          ...common,
          summary: 'Hold an event: it stays until it is released',
          body: newHold,
          response: answers(event),
        },
      },
      (request) => say(options, request, request.body, { of, action: 'event.hold', mayBe: refuseErased }),
    );

    app.delete(
      '/events/:id/hold',
      {
        config,
        schema: { ...common, summary: 'Release an event that is held', response: noContent },
      },
      async (request, reply) => {
        if (!(await takeBack(options, request, { of, action: 'event.release' })))
          throw new ProblemError(404, `no event "${request.params.id}" is held`);
        return reply.code(204).send(undefined);
      },
    );
  };
}

/** What somebody has ordered to erase may be half gone. */
async function refuseErased(tx: Parts, row: number): Promise<void> {
  const device = await tx.events.deviceOf(row);
  if (device === undefined) return;
  for (const { id, stream, from, before, pictures } of await tx.erasures.openOf(device)) {
    if (await tx.holds.covers({ device, stream, from, before, pictures }, row))
      throw new ProblemError(409, `the event is being erased: order ${id} covers it`);
  }
}
