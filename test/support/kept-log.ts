import { pino } from 'pino';
import type { Logger } from '../../shared/kit/log.ts';

export interface KeptLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** A logger whose lines a test can read; `seen` is called with each as it is written. */
export function keptLog(seen: (line: KeptLine) => void = () => undefined) {
  const lines: KeptLine[] = [];
  const formatters = { level: (level: string) => ({ level }) };
  const log: Logger = pino(
    { level: 'debug', base: null, formatters },
    {
      write(text) {
        const line: KeptLine = JSON.parse(text);
        lines.push(line);
        seen(line);
      },
    },
  );
  return { log, lines };
}
