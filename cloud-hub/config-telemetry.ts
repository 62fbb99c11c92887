/** Settings of what the hub keeps of the logs of devices, and of its traces. */
import { z } from 'zod';

export const telemetrySettings = {
  deviceLogMb: z.coerce
    .number({ error: 'must be a number of megabytes; 0: keep none' })
    .min(0)
    .max(10_000)
    .default(4)
    .describe('megabytes of the log of one device that are kept; 0: none'),
  deviceLogsMb: z.coerce
    .number({ error: 'must be a number of megabytes' })
    .positive()
    .max(1_000_000)
    .default(1000)
    .describe('megabytes of the logs of all devices that are kept'),
  deviceLogDays: z.coerce
    .number({ error: 'must be a number of days' })
    .positive()
    .max(3650)
    .default(14)
    .describe('how long the logs of devices are kept, in days'),
  otlpEndpoint: z
    .string()
    .max(2048)
    .refine((url) => /^https?:\/\/[^@\s]+$/.test(url) && URL.canParse(url), {
      error: 'must be http://HOST:4318/v1/traces or https://…, without user or password',
    })
    .optional()
    .describe('collector that takes traces by OTLP over HTTP; default: none are sent'),
  otlpTokenFile: z.string().min(1).optional().describe('file with the bearer token for it'),
};
