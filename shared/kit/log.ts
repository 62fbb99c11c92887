/** Structured logs on stderr, or with fields in systemd's journal: stdout belongs to the results of a command. */
import { type DestinationStream, type Logger, pino } from 'pino';
import { datagramOf, entryOf, type Fields, isJournal, JOURNAL_SOCKET, priorityOf, withPriority } from './journal.ts';
import { type Send, sendTo } from './local-datagrams.ts';

export type { Logger };

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface LoggerOptions {
  /** `JOURNAL_STREAM` as systemd sets it: where stderr goes into the journal, each line is an entry with fields. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Of the journal. */
  readonly socket?: string;
  /** Is given each line too, as it was written. */
  readonly also?: ((line: string) => void) | undefined;
}

/**
 * A logger that writes JSON lines to stderr; names of fields that carry secrets are blanked wherever they appear.
 */
export function createLogger(name: string, level: LogLevel = 'info', options: LoggerOptions = {}): Logger {
  const { env = {}, socket = JOURNAL_SOCKET, also } = options;
  const stderr = pino.destination({ dest: 2, sync: true });
  // A reader that went away does not end the program.
  stderr.on('error', () => undefined);
  const destination = isJournal(env) ? journal(socket, stderr) : stderr;
  const secret = ['password', 'token', 'authorization', 'secret', 'cookie', 'claim'];
  return pino(
    {
      name,
      level,
      base: {},
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: secret.flatMap((key) => [key, `*.${key}`]), censor: '[hidden]' },
    },
    also === undefined ? destination : both(destination, also),
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

function both(destination: DestinationStream, also: (line: string) => void) {
  return {
    write(line: string) {
      destination.write(line);
      also(line);
    },
  };
}
