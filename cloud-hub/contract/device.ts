/** A device as the hub knows it: what it says of itself, and how complete its records are. */
import { z } from 'zod';
import { desiredReport, modelReport } from '../../shared/contract/messages/model-report.ts';
import { streamReport } from '../../shared/contract/messages/report.ts';
import { count, name } from '../../shared/contract/names.ts';
import { time } from './time.ts';

/** One epoch of a device's outbox: what has come, and the exact ranges that never will. */
export const sequence = z.object({
  epoch: z.string(),
  upTo: count.describe('every number up to it is settled'),
  records: count.describe('records stored'),
  gaps: z.array(z.object({ from: count, to: count, reason: z.string() })),
});

export const device = z.object({
  id: name,
  online: z.boolean(),
  version: z.string().optional(),
  createdAt: time,
  lastSeenAt: time.optional(),
  streams: z.array(streamReport),
  host: z.looseObject({}).optional(),
  outbox: z.looseObject({ waiting: count, bytes: count }).optional(),
  disk: z
    .looseObject({ freeMb: count, totalMb: count })
    .optional()
    .describe('MiB of the file system of its data folder; absent: it did not say'),
  labels: z.record(z.string(), z.string()).optional().describe('absent when there are none'),
  models: z.record(z.string(), modelReport).optional().describe('slots of each of its models'),
  usage: z
    .object({ day: z.iso.date(), records: count, bytes: count.describe('of JSON and pictures') })
    .optional()
    .describe('what was stored of it on the last day (UTC) on which it sent something'),
  pausedUntil: time
    .optional()
    .describe('its day is used up: until then no more of its records are taken, and they wait on the device'),
  desired: desiredReport.optional().describe('the desired document that it has taken up'),
});
export type Device = z.infer<typeof device>;

export const deviceSecret = z.object({
  id: name,
  token: z.string().describe('shown once; the password of the device for MQTT'),
});
