/** Claims, boxes that wait to be let in, and certificates of devices, as the API speaks of them. */
import { z } from 'zod';
import { name } from '../../shared/contract/names.ts';
import { labels } from './labels.ts';
import { time } from './time.ts';

/** Most devices that one claim lets in. */
export const MAX_USES = 10_000;
const MAX_DAYS = 365;

export const newClaim = z.strictObject({
  uses: z.number().int().min(1).max(MAX_USES).default(1).describe('how many devices it lets in'),
  days: z.number().positive().max(MAX_DAYS).default(7).describe('how long it is valid'),
  labels: labels.default({}).describe('of the devices that it lets in'),
  approve: z.boolean().default(false).describe('a person has to let each device in'),
});
export type NewClaim = z.infer<typeof newClaim>;

export const claim = z.object({
  id: z.string(),
  uses: z.number(),
  used: z.number(),
  labels,
  approve: z.boolean(),
  createdAt: time,
  createdBy: z.string(),
  expiresAt: time,
  revokedAt: time.optional(),
});
export type ClaimView = z.infer<typeof claim>;

export const claimSecret = claim.extend({ claim: z.string().describe('shown once') });

export const enrolmentState = z.enum(['waiting', 'approved', 'refused', 'enrolled']);
export type EnrolmentState = z.infer<typeof enrolmentState>;

export const enrolment = z.object({
  id: z.string(),
  device: name,
  fingerprint: z.string().describe('of the key of the device: `vedette-agent enroll` prints the same'),
  state: enrolmentState,
  address: z.string().describe('from which it asked'),
  askedAt: time,
  claim: z.string(),
  decidedBy: z.string().optional(),
});
export type Enrolment = z.infer<typeof enrolment>;

export const certificate = z.object({
  id: z.string(),
  device: name,
  serial: z.string(),
  issuedAt: time,
  endsAt: time,
  revokedAt: time.optional(),
  reason: z.string().optional(),
});
export type CertificateView = z.infer<typeof certificate>;

export const revocation = z.strictObject({ reason: z.string().trim().min(1).max(256).default('no reason given') });
