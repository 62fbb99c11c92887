/**
 * What a service tells systemd (sd_notify(3)): that it is ready, what it does, that it makes progress. Without systemd nothing is done.
 *
 * 1. One message at a time; what is to be said meanwhile goes with the next one, the newest status alone. So does what systemd did not take.
 * 2. Children do not inherit the address (inherited-env.ts): what decodes what strangers send cannot feed the watchdog by it.
 */
import { type SendWaiting, sendWaitingTo } from './local-datagrams.ts';
import type { Logger } from './log.ts';

export interface ServiceManager {
  /** How often `progress` has to be said at least, in milliseconds; undefined: nobody watches. */
  readonly watchdogMs: number | undefined;
  ready(status: string): void;
  /** One line for `systemctl status`. */
  status(text: string): void;
  /** It makes progress: puts off the watchdog. */
  progress(): void;
  stopping(): void;
}

/** Sends assignments such as `READY=1`. */
export type Tell = (assignments: readonly string[]) => Promise<void>;

const TELL_MS = 5_000;
/** Longest status: it is one line on a screen. */
const LONGEST = 200;

/** @param env `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` as systemd sets them */
export function serviceManager(
  env: Readonly<Record<string, string | undefined>>,
  pid: number,
  log: Pick<Logger, 'warn'>,
  tell: Tell = tellBy(env),
): ServiceManager {
  if (!env.NOTIFY_SOCKET) return { watchdogMs: undefined, ready() {}, status() {}, progress() {}, stopping() {} };
  const waiting = new Map<string, string>();
  let isTelling = false;
  let isFaulty = false;
  const flush = async () => {
    if (isTelling) return;
    isTelling = true;
    while (waiting.size > 0) {
      const said = [...waiting];
      waiting.clear();
      try {
        await tell(said.map(([key, value]) => `${key}=${value}`));
      } catch (error) {
        for (const [key, value] of said) if (!waiting.has(key)) waiting.set(key, value);
        if (!isFaulty) log.warn({ err: error }, 'systemd cannot be told how this service is; it may end it');
        isFaulty = true;
        break;
      }
    }
    isTelling = false;
  };
  const say = (said: Readonly<Record<string, string>>) => {
    for (const [key, value] of Object.entries(said)) waiting.set(key, value);
    void flush();
  };
  return {
    watchdogMs: watchdogOf(env, pid),
    ready: (status) => say({ READY: '1', STATUS: oneLine(status) }),
    status: (text) => say({ STATUS: oneLine(text) }),
    progress: () => say({ WATCHDOG: '1' }),
    stopping: () => say({ STOPPING: '1' }),
  };
}

function watchdogOf({ WATCHDOG_USEC, WATCHDOG_PID }: Readonly<Record<string, string | undefined>>, pid: number) {
  const us = Number(WATCHDOG_USEC);
  const isForUs = WATCHDOG_PID === undefined || WATCHDOG_PID === String(pid);
  return isForUs && Number.isFinite(us) && us > 0 ? us / 1000 : undefined;
}

const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ').slice(0, LONGEST);

function tellBy({ NOTIFY_SOCKET = '' }: Readonly<Record<string, string | undefined>>): Tell {
  let send: SendWaiting | undefined;
  return async (assignments) => {
    send ??= sendWaitingTo(NOTIFY_SOCKET, TELL_MS);
    await send(Buffer.from(assignments.join('\n')));
  };
}
