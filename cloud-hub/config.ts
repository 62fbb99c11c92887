/** Settings of the hub. */
import { z } from 'zod';

const port = (what: string) =>
  z.coerce
    .number({ error: `${what} must be a number from 0 to 65535 (0: the system gives one)` })
    .int()
    .min(0)
    .max(65_535)
    .describe(`${what}; 0: the system gives one`);

const file = z.string().min(1);

export const hubConfig = z
  .strictObject({
    dataDir: z.string().min(1).default('./data').describe('folder of the database and admin.token'),
    host: z.string().min(1).default('127.0.0.1').describe('address to listen on; 0.0.0.0 for all'),
    httpPort: port('HTTP port').default(8080),
    mqttPort: port('MQTT port').default(1883).describe('of the embedded broker'),
    mqttUrl: z
      .string()
      .regex(
        /^(mqtts?|wss?):\/\/[^@\s/]+(\/[^@\s]*)?$/,
        'must be mqtt://HOST:PORT (or mqtts, ws, wss), without user or password',
      )
      .optional()
      .describe('an external broker instead of the embedded one'),
    mqttUsername: z.string().min(1).max(256).optional().describe('of the hub, at the external broker'),
    mqttPasswordFile: file.optional().describe('file with its password'),
    mqttVersion: z.enum(['3.1.1', '5']).default('5').describe('of MQTT, with an external broker'),
    mqttCaFile: file.optional().describe('PEM of the authority that the external broker must be of'),
    mqttCertFile: file.optional().describe("PEM of the hub's own certificate for the external broker"),
    mqttKeyFile: file.optional().describe('PEM of its key'),
    downloadMbps: z.coerce
      .number({ error: 'must be a number of megabits a second' })
      .positive()
      .max(1_000_000)
      .default(100)
      .describe('megabits a second that all downloads of models share'),
    logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  })
  .superRefine((config, context) => {
    const wrong = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
    const own = ['mqttUsername', 'mqttPasswordFile', 'mqttCaFile', 'mqttCertFile', 'mqttKeyFile'] as const;
    if (config.mqttUrl === undefined) {
      for (const key of own)
        if (config[key] !== undefined) wrong(key, 'is for an external broker: give its address too');
    }
    if ((config.mqttCertFile === undefined) !== (config.mqttKeyFile === undefined))
      wrong('mqttKeyFile', 'certificate and key are given together');
  });
export type HubConfig = z.infer<typeof hubConfig>;
