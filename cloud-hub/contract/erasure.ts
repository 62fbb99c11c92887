/** Orders to erase what was recorded of a device: for requests of persons. */
import { z } from 'zod';
import { erasedCounts, eraseId } from '../../shared/contract/messages/erase.ts';
import { count, name } from '../../shared/contract/names.ts';
import { time } from './time.ts';

const given = z.iso.datetime({ offset: true });

export const newErasure = z
  .strictObject({
    device: name.describe('also one that was removed'),
    stream: name.optional().describe('absent: every stream of the device'),
    from: given.optional().describe("the record's own time, included; absent: from the beginning"),
    before: given.optional().describe("the record's own time, not included, and not in the future; absent: now"),
    picturesOnly: z.boolean().default(false).describe('records stay, without their pictures'),
    reason: z.string().max(256).optional().describe('for the audit, such as the number of the request; no names'),
  })
  .superRefine(({ from, before }, context) => {
    if (from !== undefined && before !== undefined && Date.parse(from) >= Date.parse(before))
      context.addIssue({ code: 'custom', path: ['before'], message: 'must be later than `from`' });
  });
export type NewErasure = z.infer<typeof newErasure>;

/** What went at the hub. */
export const hubErased = z.object({
  records: count,
  pictures: count.describe('of events; where only pictures go, these events stay'),
  opinions: count.describe('second opinions, or of only pictures their samples'),
  alerts: count.describe('texts of alerts, and notifications that carried them'),
  refused: count.describe('entries of the quarantine'),
});
export type HubErased = z.infer<typeof hubErased>;

/**
 * `waiting`: the device has not answered yet. `settling`: it has, and what was on its way then is erased a minute later. `done`.
 */
export const erasureStates = ['waiting', 'settling', 'done'] as const;
export type ErasureState = (typeof erasureStates)[number];

export const erasure = z.object({
  id: eraseId,
  device: name,
  stream: name.optional(),
  from: time.optional(),
  before: time,
  picturesOnly: z.boolean(),
  reason: z.string().optional(),
  state: z.enum(erasureStates),
  createdAt: time,
  createdBy: z.string(),
  finishedAt: time.optional(),
  hub: hubErased.describe('so far'),
  onDevice: z.object({
    state: z
      .enum(['waiting', 'failed', 'done', 'unknown', 'gone'])
      .describe('`failed`: it tries again; `unknown`: its agent is too old for orders; `gone`: it was removed'),
    reason: z.string().optional(),
    erased: erasedCounts.optional(),
  }),
  failure: z.string().optional().describe('why the hub could not erase yet; it tries again'),
});
export type Erasure = z.infer<typeof erasure>;
