/** What a broker refuses for good, as long as nobody changes something, and what is no address of a broker. */

const SCHEMES = ['mqtt:', 'mqtts:', 'ws:', 'wss:'];
/** Not authorised, bad credentials, refused client id, banned: MQTT 3.1.1 table 3.1 and MQTT 5 table 3-1. */
const REFUSALS = new Set([2, 4, 5, 0x80, 0x85, 0x86, 0x87, 0x8a]);

export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

/** Does the broker not want this client? */
export function isRefusal(reason: unknown): boolean {
  if (reason instanceof RefusedError) return true;
  return reason instanceof Error && 'code' in reason && typeof reason.code === 'number' && REFUSALS.has(reason.code);
}

/** @throws RangeError */
export function checkUrl(url: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !SCHEMES.includes(parsed.protocol)) {
    throw new RangeError(`"${url}" is not an MQTT address; write mqtt://HOST:PORT (or mqtts, ws, wss)`);
  }
  if (parsed.username || parsed.password) {
    throw new RangeError('the MQTT address carries credentials; give them as username and password instead');
  }
}

/** A broker ends the older of two connections with one name. */
const MANY_BRIEF = 3;

/**
 * Why there is no connection, for people.
 * @param brief how many connections in a row the other side ended soon after they had begun
 */
export function whyAway(reason: string, refused: boolean, brief: number): string {
  if (refused)
    return `the MQTT broker refused this client: ${reason}; check its name, token and rights; trying again slowly`;
  const another =
    'the broker has ended it several times in a row, soon after it began: does another box sign in with this name? ';
  return `no MQTT connection: ${reason}; ${brief >= MANY_BRIEF ? another : ''}trying again`;
}
