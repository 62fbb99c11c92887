/**
 * How a box becomes a device of a hub, and how it renews its certificate: what goes over HTTPS.
 *
 * 1. The box makes a key (EC P-256), which never leaves it, and sends a request for a certificate (PKCS#10) with its name and a claim.
 * 2. The hub answers with the certificate and all that the box needs, or with `waiting`: a person has to let the box in. The box sends the
 *    same again until then.
 * 3. The same request with the same claim and key gets the same answer again and counts once: an answer that got lost does no harm.
 * 4. Later the device sends a request with a new key over a connection that it opens with its certificate. After the end of the certificate that goes
 *    on for the hub's grace.
 */
import { z } from 'zod';
import { name } from './names.ts';

/** Paths below the hub's address. */
export const ENROL_PATH = '/api/v1/enrol';
export const RENEW_PATH = '/api/v1/renew';
/** The roots of the hub's authority, open to everybody. */
export const CA_PATH = '/api/v1/pki/ca.pem';
/** Where MQTT goes through the port of HTTPS. */
export const MQTT_PATH = '/mqtt';

/** Most characters of a request for a certificate: P-256 takes some 400. */
export const MAX_REQUEST = 4096;
const pem = z
  .string()
  .min(1)
  .max(64 * 1024);

export const enrolRequest = z.strictObject({
  claim: z.string().min(1).max(256),
  request: z.string().min(1).max(MAX_REQUEST).describe('request for a certificate (PKCS#10), PEM'),
});
export type EnrolRequest = z.infer<typeof enrolRequest>;

/** Where the device connects. */
export const brokerPlace = z.union([
  z.object({ port: z.number().int().min(1).max(65_535).describe('of the hub itself, with TLS') }),
  z.object({ url: z.string().max(2048).describe('of a broker beside the hub') }),
]);

export const enrolled = z.object({
  state: z.literal('enrolled'),
  device: name,
  certificate: pem.describe('the certificate, then what is above it'),
  roots: pem.describe("roots of the hub's authority"),
  hasOwnCertificate: z.boolean().describe("is the hub's own certificate one of these roots?"),
  broker: brokerPlace,
  trustRoot: z
    .string()
    .max(512 * 1024)
    .optional()
    .describe('root.json, with which the trust in models begins'),
});
export type Enrolled = z.infer<typeof enrolled>;

export const waiting = z.object({
  state: z.literal('waiting'),
  device: name,
  fingerprint: z.string().describe('of the key of the device: what people compare'),
  retryS: z.number().positive().max(3600),
});

export const enrolAnswer = z.discriminatedUnion('state', [enrolled, waiting]);
export type EnrolAnswer = z.infer<typeof enrolAnswer>;

export const renewRequest = z.strictObject({ request: enrolRequest.shape.request });

export const renewed = z.object({ certificate: pem, roots: pem });
export type Renewed = z.infer<typeof renewed>;
