/** Somebody takes care of an alert: on the page, by the API, or by a link that a notification carried. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { answers } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import { acknowledged, alert, newAcknowledgement } from '../../contract/alert.ts';
import { rowNumber } from '../../store/rows.ts';
import { addressOf, requireOwnOrigin } from '../auth.ts';
import type { ApiOptions } from '../options.ts';
import { actOf, security } from '../responses.ts';
import { tooManyFailures } from '../too-many.ts';

const params = z.object({ id: z.string().max(32) });

export function acknowledgementRoutes({
  alerts,
  acknowledging,
  attempts,
  site,
  clock,
}: Pick<ApiOptions, 'alerts' | 'acknowledging' | 'attempts' | 'site' | 'clock'>): FastifyPluginAsyncZod {
  const tags = ['alerts'];
  return async (app) => {
    app.put(
      '/alerts/:id/acknowledgement',
      {
        config: { access: 'operator', scope: 'alert' },
        schema: {
          summary: 'Take care of an alert: no further step of escalation, no reminder',
          tags,
          security,
          params,
          response: answers(alert),
        },
      },
      async (request) => {
        const { id } = request.params;
        const row = rowNumber(id);
        const before = row === undefined ? undefined : await alerts.get(row);
        if (row === undefined || !before) throw new ProblemError(404, `there is no alert "${id}"`);
        if (before.state === 'resolved') throw new ProblemError(409, 'the alert is over');
        // Who comes second changes nothing, and sees who was first.
        await acknowledging.alert(row, actOf(request, clock));
        return (await alerts.get(row)) ?? before;
      },
    );

    app.post(
      '/alert-acknowledgements',
      {
        config: { access: 'public' },
        schema: {
          summary: 'Acknowledge by the link of a notification: all of its rule that had fired when it was sent',
          tags,
          security: [],
          body: newAcknowledgement,
          response: answers(acknowledged),
        },
      },
      async (request) => {
        // A foreign page must not acknowledge in the name of who reads it.
        if (request.headers.origin !== undefined) requireOwnOrigin(request, site);
        const address = addressOf(request);
        const done = await acknowledging.byLink(request.body.token, address);
        if (done) return done;
        const waitMs = attempts.waitMs(address);
        attempts.failed(address);
        if (waitMs > 0) throw tooManyFailures('the link', waitMs);
        throw new ProblemError(401, 'the link is not valid: it works for a week, at the hub that sent it', {
          'www-authenticate': 'Bearer realm="vedette"',
        });
      },
    );
  };
}
