/** Structured logs on stderr, or with fields in systemd's journal: stdout belongs to the results of a command. */
import { type DestinationStream, type Logger, pino } from 'pino';
import {
  datagramOf,
  entryOf,
  type Fields,
  isJournal,
  JOURNAL_SOCKET,
  priorityOf,
  type Send,
  sendTo,
  withPriority,
} from './journal.ts';

export type { Logger };

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/**
 * A logger that writes JSON lines to stderr; names of fields that carry secrets are blanked wherever they appear.
 * @param env `JOURNAL_STREAM` as systemd sets it: where stderr goes into the journal, each line is an entry with fields
 * @param socket of the journal
 */
export function createLogger(
  name: string,
  level: LogLevel = 'info',
  env: Readonly<Record<string, string | undefined>> = {},
  socket = JOURNAL_SOCKET,
): Logger {
  const stderr = pino.destination({ dest: 2, sync: true });
  // A reader that went away does not end the program.
  stderr.on('error', () => undefined);
  const destination = isJournal(env) ? journal(socket, stderr) : stderr;
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

function journal(socket: string, stderr: DestinationStream): DestinationStream {
  const send = sendOrNot(socket);
  return {
    write(line) {
      const fields: Fields = JSON.parse(line);
      if (!send(datagramOf(entryOf(fields)))) stderr.write(withPriority(priorityOf(fields.level), line));
    },
  };
}

function sendOrNot(socket: string): Send {
  try {
    return sendTo(socket);
  } catch {
    return () => false;
  }
}
