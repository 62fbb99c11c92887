/** Alerts, silences and deliveries, as the API speaks of them. Rules: alert-rule.ts; channels: alert-channel.ts. */
import { z } from 'zod';
import { count, name } from '../../shared/contract/names.ts';
import { severity } from './alert-rule.ts';
import { selector } from './rollout.ts';
import { time } from './time.ts';

export const alertState = z.enum(['firing', 'resolved']);

export const alert = z.object({
  id: z.string(),
  rule: name,
  severity,
  device: name,
  subject: z.string().describe('what of the device: a stream, mostly; empty: the device itself'),
  state: alertState,
  since: time.describe('since when the condition holds'),
  firedAt: time,
  changedAt: time,
  resolvedAt: time.optional(),
  text: z.string(),
  count: count.describe('how often it held: of events, how many'),
  event: z.string().optional().describe('the latest event; its picture is at /api/v1/snapshots/{id}'),
  silenced: z.boolean().describe('a silence holds its notification back'),
});
export type Alert = z.infer<typeof alert>;

const MAX_SILENCE_DAYS = 366;

export const newSilence = z
  .strictObject({
    rules: z.array(name).min(1).max(100).optional().describe('default: all'),
    selector: selector.default({}).describe('which devices; default: all'),
    startsAt: time.optional().describe('default: now; later: a maintenance window'),
    endsAt: time,
    comment: z.string().trim().min(1).max(256).default('no reason given'),
  })
  .superRefine(({ startsAt, endsAt }, context) => {
    const length = startsAt === undefined ? 0 : Date.parse(endsAt) - Date.parse(startsAt);
    if (startsAt !== undefined && length <= 0)
      context.addIssue({ code: 'custom', path: ['endsAt'], message: 'must be after its start' });
    if (length > MAX_SILENCE_DAYS * 86_400_000)
      context.addIssue({ code: 'custom', path: ['endsAt'], message: `at most ${MAX_SILENCE_DAYS} days` });
  });
export type NewSilence = z.infer<typeof newSilence>;

export const silence = z.object({
  id: z.string(),
  rules: z.array(name).optional(),
  selector,
  startsAt: time,
  endsAt: time,
  comment: z.string(),
  createdAt: time,
  createdBy: z.string(),
});
export type Silence = z.infer<typeof silence>;

/** One alert in a notification. */
export const notifiedAlert = z.object({
  device: name,
  subject: z.string(),
  state: alertState,
  since: time,
  text: z.string(),
  count,
  event: z.string().optional(),
});

/** What a channel is given: one notification, of one rule. */
export const notification = z.object({
  id: z.string().describe('the same for every try: by it a receiver drops a repeat'),
  at: time,
  rule: name,
  severity,
  state: alertState.describe('firing while any of these fires'),
  title: z.string(),
  text: z.string(),
  firing: count,
  resolved: count,
  devices: count,
  alerts: z.array(notifiedAlert).describe('the first 50'),
  test: z.literal(true).optional(),
});
export type Notification = z.infer<typeof notification>;

export const deliveryState = z.enum(['waiting', 'delivered', 'failed']);
export type DeliveryState = z.infer<typeof deliveryState>;

export const delivery = z.object({
  id: z.string(),
  key: z.string().describe('`id` of its notification for this channel'),
  channel: name,
  rule: name,
  title: z.string(),
  state: deliveryState,
  tries: count,
  createdAt: time,
  nextAt: time.optional().describe('when it is tried again'),
  doneAt: time.optional(),
  reason: z.string().optional().describe('of the last failure'),
});
export type Delivery = z.infer<typeof delivery>;
