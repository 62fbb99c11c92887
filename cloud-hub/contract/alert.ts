/** Alerts, silences and deliveries, as the API speaks of them. Rules: alert-rule.ts; channels: alert-channel.ts. */
import { z } from 'zod';
import { count, name } from '../../shared/contract/names.ts';
import { alertHours } from './alert-hours.ts';
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
  acknowledged: z
    .object({ at: time, by: z.string().describe('a name, or `link:CHANNEL`') })
    .optional()
    .describe('somebody takes care of it: no further step, no reminder'),
  steps: count.optional().describe('so many steps of escalation were told'),
});
export type Alert = z.infer<typeof alert>;

export const newAcknowledgement = z.strictObject({
  token: z.string().min(1).max(2048).describe('what stands behind `#acknowledge=` in the link of a notification'),
});

export const acknowledged = z.object({ rule: name, alerts: count.describe('0: they were over, or acknowledged') });
export type Acknowledged = z.infer<typeof acknowledged>;

const MAX_SILENCE_DAYS = 366;
/** Of a window that recurs. */
const MAX_WINDOW_DAYS = 3660;

export const newSilence = z
  .strictObject({
    rules: z.array(name).min(1).max(100).optional().describe('default: all'),
    selector: selector.default({}).describe('which devices; default: all'),
    startsAt: time.optional().describe('default: now; later: a maintenance window'),
    endsAt: time,
    schedule: alertHours
      .optional()
      .describe('a maintenance window that recurs: between start and end only these minutes are silent'),
    comment: z.string().trim().min(1).max(256).default('no reason given'),
  })
  .superRefine(({ startsAt, endsAt, schedule }, context) => {
    const most = schedule ? MAX_WINDOW_DAYS : MAX_SILENCE_DAYS;
    const length = startsAt === undefined ? 0 : Date.parse(endsAt) - Date.parse(startsAt);
    if (startsAt !== undefined && length <= 0)
      context.addIssue({ code: 'custom', path: ['endsAt'], message: 'must be after its start' });
    if (length > most * 86_400_000)
      context.addIssue({ code: 'custom', path: ['endsAt'], message: `at most ${most} days` });
  });
export type NewSilence = z.infer<typeof newSilence>;

export const silence = z.object({
  id: z.string(),
  rules: z.array(name).optional(),
  selector,
  startsAt: time,
  endsAt: time,
  schedule: alertHours.optional(),
  active: z.boolean().describe('it holds notifications back now'),
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
  step: count.optional().describe('of escalation: nobody has acknowledged it'),
  acknowledge: z.string().max(4096).optional().describe('a link by which whoever has it acknowledges; for a week'),
  picture: z
    .object({ mime: z.literal('image/jpeg'), data: z.base64() })
    .optional()
    .describe('of the latest event, of channels that ask for `pictures`'),
  test: z.literal(true).optional(),
});
export type Notification = z.infer<typeof notification>;

export const deliveryState = z.enum(['waiting', 'delivered', 'failed']);
export type DeliveryState = z.infer<typeof deliveryState>;

export const delivery = z.object({
  id: z.string(),
  key: z.string().describe('`id` of its notification for this channel'),
  channel: name,
  browser: z.string().optional().describe('of a channel of browsers: which one'),
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
