/** Rules of alerts: what of which devices is watched, when it counts, and where notifications go. */
import { z } from 'zod';
import { pictureFault, streamState } from '../../shared/contract/messages/report.ts';
import { name } from '../../shared/contract/names.ts';
import { alertHours } from './alert-hours.ts';
import { selector } from './rollout.ts';
import { time } from './time.ts';

const DAY_S = 86_400;
const WEEK_S = 7 * DAY_S;

export const alertKinds = [
  'event',
  'problem',
  'loss',
  'reading',
  'change',
  'rate',
  'absence',
  'offline',
  'buffer',
  'disk',
  'clock',
  'certificate',
  'version',
  'stream',
  'picture',
  'drift',
] as const;
export type AlertKind = (typeof alertKinds)[number];

/** Fields that a condition of each kind may have, and those that it cannot be without. */
const fieldsOfKind: Readonly<
  Record<AlertKind, { readonly may: readonly string[]; readonly must?: readonly string[] }>
> = {
  event: { may: ['stream', 'rule', 'ruleKind', 'label', 'action', 'minScore', 'count', 'withinS', 'verdictS'] },
  problem: { may: ['stream', 'code', 'count', 'withinS'] },
  loss: { may: [] },
  reading: { may: ['stream', 'channel', 'above', 'below', 'clear'] },
  change: { may: ['stream', 'channel', 'above', 'clear', 'withinS'], must: ['above', 'withinS'] },
  rate: { may: ['stream', 'label', 'above', 'below', 'clear', 'withinS'], must: ['withinS'] },
  absence: { may: ['stream', 'of', 'afterS'], must: ['afterS'] },
  offline: { may: [] },
  buffer: { may: ['above', 'clear'], must: ['above'] },
  disk: { may: ['below', 'clear'], must: ['below'] },
  clock: { may: ['above', 'clear'], must: ['above'] },
  certificate: { may: ['days'], must: ['days'] },
  version: { may: ['version'], must: ['version'] },
  stream: { may: ['stream', 'states'], must: ['states'] },
  picture: { may: ['stream', 'faults'], must: ['faults'] },
  drift: { may: ['stream', 'above', 'clear', 'withinS', 'agoS'] },
};

const text = z.string().min(1).max(128);

export const alertCondition = z
  .strictObject({
    kind: z.enum(alertKinds),
    stream: name.optional().describe('default: each'),
    rule: name.optional().describe('of an event: the rule that fired'),
    ruleKind: z.string().min(1).max(32).optional().describe('of an event: line, zone, threshold, absence, anomaly'),
    label: text.optional(),
    action: z.string().min(1).max(32).optional().describe('of an event: enter, forward, start …'),
    minScore: z.number().min(0).max(1).optional(),
    verdictS: z
      .int()
      .min(1)
      .max(600)
      .optional()
      .describe(
        'of an event about which the hub is asked for a second opinion: wait at most so many seconds for it; a withdrawn event does not count, a changed one counts with its new label; default: do not wait',
      ),
    code: text.optional().describe('of a problem: the error code, such as source-stalled'),
    count: z.number().int().min(1).max(1000).optional().describe('so many of them within `withinS`; default: 1'),
    withinS: z
      .number()
      .min(1)
      .max(DAY_S)
      .optional()
      .describe('of `count`, of a change, of a rate, of drift (default 3600): so many seconds back'),
    channel: text.optional().describe('of a reading or change: the channel whose value counts; default: the score'),
    above: z
      .number()
      .optional()
      .describe(
        'reading: value; change: by how much; rate: objects that came; buffer: records waiting; clock: milliseconds off; drift: population stability index, default 0.25',
      ),
    below: z.number().optional().describe('reading, rate: as `above`; disk: MiB that are free in the data folder'),
    clear: z.number().optional().describe('hysteresis: a firing alert ends only beyond this value'),
    of: z.enum(['event', 'summary', 'reading']).optional().describe('what must come; default: whatever it is'),
    afterS: z.number().min(1).max(WEEK_S).optional().describe('nothing came for so long'),
    agoS: z
      .number()
      .min(60)
      .max(5 * WEEK_S)
      .optional()
      .describe('of drift: compared with the same time so many seconds before; default: a week'),
    days: z.number().min(0).max(400).optional().describe('the certificate ends within so many days'),
    version: z
      .string()
      .regex(/^\d{1,6}(\.\d{1,6}){0,2}$/, { error: 'must be numbers with dots, such as 1.4.0' })
      .optional()
      .describe('the agent is older than this version'),
    states: z.array(streamState).min(1).max(6).optional(),
    faults: z.array(pictureFault).min(1).max(3).optional().describe('of the pictures that a camera gives'),
  })
  .superRefine((condition, context) => {
    const { may, must = [] } = fieldsOfKind[condition.kind];
    for (const [key, value] of Object.entries(condition)) {
      if (key !== 'kind' && value !== undefined && !may.includes(key))
        context.addIssue({ code: 'custom', path: [key], message: `a condition "${condition.kind}" does not have it` });
    }
    const given = new Set(Object.entries(condition).flatMap(([key, value]) => (value === undefined ? [] : [key])));
    for (const key of must)
      if (!given.has(key)) context.addIssue({ code: 'custom', path: [key], message: `"${condition.kind}" needs it` });
    if ((condition.count ?? 1) > 1 && condition.withinS === undefined)
      context.addIssue({ code: 'custom', path: ['withinS'], message: 'more than one needs the time within which' });
    if (['reading', 'rate'].includes(condition.kind) && given.has('above') === given.has('below'))
      context.addIssue({
        code: 'custom',
        path: ['above'],
        message: `a ${condition.kind} needs \`above\` or \`below\`, one of them`,
      });
    const { above, below, clear } = condition;
    if (clear !== undefined && ((above !== undefined && clear > above) || (below !== undefined && clear < below)))
      context.addIssue({ code: 'custom', path: ['clear'], message: 'must lie on the good side of the threshold' });
  });
export type AlertCondition = z.infer<typeof alertCondition>;

export const severities = ['info', 'warning', 'critical'] as const;
export const severity = z.enum(severities);

const seconds = z.number().min(0).max(WEEK_S);

/** Nobody has acknowledged so long after the first notification: these channels are told too. */
const step = z.strictObject({
  afterS: z.number().min(1).max(WEEK_S).describe('since the first notification of the alert'),
  channels: z.array(name).min(1).max(16),
});

const steps = z
  .array(step)
  .max(5)
  .refine((all) => all.every(({ afterS }, i) => i === 0 || afterS > (all[i - 1]?.afterS ?? 0)), {
    error: 'each step must come later than the one before',
  });

export const newAlertRule = z.strictObject({
  enabled: z.boolean().default(true),
  severity: severity.default('warning'),
  selector: selector.default({}).describe('which devices; default: all'),
  condition: alertCondition,
  forS: seconds.optional().describe('it must hold so long before the alert fires; default: offline 60, others 0'),
  keepS: seconds
    .optional()
    .describe('it must not hold for so long before the alert ends; default: event, problem and loss 300, others 0'),
  waitS: seconds
    .optional()
    .describe(
      'a notification waits so long for more alerts of the rule; default: event, problem, reading 0, others 10',
    ),
  everyS: seconds
    .default(60)
    .describe('at most one notification per so many seconds; what comes meanwhile is gathered'),
  repeatS: seconds.default(0).describe('tell again what still fires; 0: never'),
  notifyEnd: z.boolean().optional().describe('notify of the end too; default: not of event, problem and loss'),
  channels: z.array(name).max(16).default([]).describe('names of channels; none: the alert is only shown'),
  steps: steps.default([]).describe('escalation: who is told too when nobody acknowledges'),
  hours: alertHours
    .optional()
    .describe('notifications only in these minutes; what still fires when they begin is told then; default: always'),
  title: z.string().min(1).max(200).optional().describe('template; placeholders: {rule} {count} {devices} {text} …'),
  text: z.string().min(1).max(2000).optional().describe('template of the message'),
});
export type NewAlertRule = z.infer<typeof newAlertRule>;

export const alertRule = newAlertRule.extend({
  name,
  changedAt: time,
  changedBy: z.string(),
  firing: z.number().describe('alerts of it that fire now'),
});
export type AlertRule = z.infer<typeof alertRule>;
