/** What boxes and brokers fetch of the hub's authority, and how boxes become devices (shared/contract/enrolment.ts). */
import { readFileSync } from 'node:fs';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { enrolAnswer, enrolRequest, renewed, renewRequest } from '../../../shared/contract/enrolment.ts';
import { answers } from '../../../shared/http/answers.ts';
import { ProblemError } from '../../../shared/http/problems.ts';
import { pemOf } from '../../../shared/pki/pem.ts';
import type { FailedAttempts } from '../../identity/attempts.ts';
import { EnrolmentError } from '../../pki/enrolment.ts';
import type { FleetIdentity } from '../../pki/fleet.ts';
import { addressOf, requireOwnOrigin } from '../auth.ts';
import { fleetOf } from '../fleet.ts';
import type { Site } from '../site.ts';

export interface EnrolmentRouteOptions {
  readonly fleet?: FleetIdentity;
  readonly attempts: FailedAttempts;
  readonly site: Site;
}

const pemFile = { 200: { description: 'PEM', content: { 'application/x-pem-file': { schema: z.any() } } } };

export function enrolmentRoutes({ fleet, attempts, site }: EnrolmentRouteOptions): FastifyPluginAsyncZod {
  const tags = ['enrolment'];
  const guessed = (error: unknown) => error instanceof EnrolmentError && error.why === 'unknown claim';
  const failed = (address: string, error: unknown) => {
    const waitMs = attempts.waitMs(address);
    attempts.failed(address);
    if (waitMs <= 0) return error;
    const seconds = Math.ceil(waitMs / 1000);
    const detail = `the hub does not know this claim, nor many before it: try again in ${seconds} s`;
    return new ProblemError(429, detail, { 'retry-after': String(seconds) });
  };
  return async (app) => {
    app.post(
      '/enrol',
      {
        config: { access: 'public' },
        schema: {
          summary: 'Become a device, with a claim and a request for a certificate',
          tags,
          security: [],
          body: enrolRequest,
          response: answers(enrolAnswer),
        },
      },
      async (request) => {
        // A page of somebody else has no business here.
        if (request.headers.origin !== undefined) requireOwnOrigin(request, site);
        const { enrolment } = fleetOf(fleet);
        const { claim, request: asked } = request.body;
        try {
          const answer = await enrolment.enrol(claim, asked, addressOf(request));
          attempts.succeeded(addressOf(request));
          return answer;
        } catch (error) {
          throw guessed(error) ? failed(addressOf(request), error) : error;
        }
      },
    );

    app.post(
      '/renew',
      {
        config: { access: 'public' },
        schema: {
          summary: 'Renew the certificate with which the connection was opened',
          tags,
          security: [],
          body: renewRequest,
          response: answers(renewed),
        },
      },
      async (request) => {
        if (request.headers.origin !== undefined) requireOwnOrigin(request, site);
        const { enrolment, identify } = fleetOf(fleet);
        return enrolment.renew(await identify(request.raw.socket), request.body.request);
      },
    );

    app.get(
      '/pki/ca.pem',
      {
        config: { access: 'public' },
        schema: {
          summary: "Get the roots of the hub's authority",
          tags,
          security: [],
          response: { ...answers(z.object({})), ...pemFile },
        },
      },
      async (_request, reply) => reply.type('application/x-pem-file').send(pemOf(fleetOf(fleet).authority.roots())),
    );

    app.get(
      '/pki/crl.pem',
      {
        config: { access: 'public' },
        schema: {
          summary: 'Get the lists of revoked certificates, for brokers',
          tags,
          security: [],
          response: { ...answers(z.object({})), ...pemFile },
        },
      },
      async (_request, reply) => {
        const list = readFileSync(fleetOf(fleet).authority.files.crlFile);
        return reply.type('application/x-pem-file').send(list);
      },
    );
  };
}
