/** What operators say of events: right, wrong, another label; and taking it back. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { answers } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import { newCorrection } from '../../contract/correction.ts';
import { event } from '../../contract/event.ts';
import type { Parts } from '../../store/store.ts';
import type { ApiOptions } from '../options.ts';
import { noContent, security } from '../responses.ts';
import { eventDocument, eventParams as params, say, takeBack } from './event-change.ts';

const of = ({ corrections }: Parts) => corrections;

export function correctionRoutes(options: Pick<ApiOptions, 'store' | 'feed' | 'clock'>): FastifyPluginAsyncZod {
  const common = { tags: ['records'], security, params };
  const config = { access: 'operator', scope: 'event', document: eventDocument } as const;
  return async (app) => {
    app.put(
      '/events/:id/correction',
      {
        config,
        schema: {
          ...common,
          summary: 'Say that an event is right, wrong, or of another label',
          body: newCorrection,
          response: answers(event),
        },
      },
      (request) => say(options, request, request.body, { of, action: 'event.correct' }),
    );

    app.delete(
      '/events/:id/correction',
      {
        config,
        schema: { ...common, summary: 'Take back what was said of an event', response: noContent },
      },
      async (request, reply) => {
        if (!(await takeBack(options, request, { of, action: 'event.uncorrect' })))
          throw new ProblemError(404, `nobody has corrected an event "${request.params.id}"`);
        return reply.code(204).send(undefined);
      },
    );
  };
}
