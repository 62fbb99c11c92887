/** Structured logs on stderr: stdout belongs to the results of a command. */
import { type Logger, pino } from 'pino';

export type { Logger };

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** A logger that writes JSON lines to stderr; names of fields that carry secrets are blanked wherever they appear. */
export function createLogger(name: string, level: LogLevel = 'info'): Logger {
  const destination = pino.destination({ dest: 2, sync: true });
  // A reader that went away does not end the program.
  destination.on('error', () => undefined);
  const secret = ['password', 'token', 'authorization', 'secret', 'cookie', 'claim'];
  return pino(
    {
      name,
      level,
      base: { name },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: secret.flatMap((key) => [key, `*.${key}`]), censor: '[hidden]' },
    },
    destination,
  );
}
