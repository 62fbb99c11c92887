/** Settings of the hub. */
import { z } from 'zod';

const port = (what: string) =>
  z.coerce
    .number({ error: `${what} must be a number from 0 to 65535 (0: the system gives one)` })
    .int()
    .min(0)
    .max(65_535)
    .describe(`${what}; 0: the system gives one`);

export const hubConfig = z.strictObject({
  dataDir: z.string().min(1).default('./data').describe('folder of the database and admin.token'),
  host: z.string().min(1).default('127.0.0.1').describe('address to listen on; 0.0.0.0 for all'),
  httpPort: port('HTTP port').default(8080),
  mqttPort: port('MQTT port').default(1883),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
});
export type HubConfig = z.infer<typeof hubConfig>;
