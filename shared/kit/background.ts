/** Work that nobody waits for. */
import type { Logger } from './log.ts';

/**
 * Begins the work. When it fails, that is logged with its cause; left unhandled, it would end the process.
 * @param failed the line of the log: what did not happen
 * @param about further fields of that line
 */
export function inBackground(
  log: Pick<Logger, 'error'>,
  failed: string,
  work: () => Promise<unknown>,
  about: Readonly<Record<string, unknown>> = {},
): void {
  const report = (error: unknown) => log.error({ ...about, err: error }, failed);
  try {
    work().catch(report);
  } catch (error) {
    report(error);
  }
}
