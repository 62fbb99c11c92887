/** What failures of the database mean: once more, not now, or never; and what people are told. Pure. */
import { messageOf } from '../../../shared/kit/errors.ts';
import { TermOver } from './term.ts';

/** Serialization failure, deadlock: the server rolled the transaction back because of another one (PostgreSQL, "Error Codes", class 40). */
const CONFLICTS: ReadonlySet<unknown> = new Set(['40001', '40P01']);

/**
 * Two that overlap may both find a key free that both then insert: the server says so, before it could see that they conflict ("Serialization Failure
 * Handling"). Whoever breaks a rule alone breaks it again.
 */
const PERHAPS_CONFLICTS: ReadonlySet<unknown> = new Set(['23505', '23P01']);

/** Together they wait about four seconds; then whoever asked is told, and devices send again. */
const CONFLICT_TRIES = 12;
const PERHAPS_TRIES = 2;
const FIRST_WAIT_MS = 2;
const LONGEST_WAIT_MS = 500;

/** How often what failed in this way is tried in all. */
export function triesFor(error: unknown): number {
  const code = codeOf(error);
  if (CONFLICTS.has(code)) return CONFLICT_TRIES;
  return PERHAPS_CONFLICTS.has(code) ? PERHAPS_TRIES : 1;
}

/**
 * Milliseconds to wait before the next try: up to twice as long each time, and never the same for two.
 * @param failed tries so far, from 1
 * @param chance from 0 to 1
 */
export function waitBefore(failed: number, chance: number): number {
  return Math.ceil(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failed) * (0.5 + chance / 2));
}

/**
 * Classes of SQLSTATE: connections, resources, interventions of the operator, the system, internal faults; conflicts and timeouts;
 * who may come in and which database there is (somebody may be at work on it); a standby that takes no writes.
 */
const OUTAGE_STATE = /^(08|53|57|58|XX|40|28)|^(25P03|55P03|3D000|25006)$/;
const OUTAGE_SYSTEM = /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_|ENOENT|EACCES)/;
/** Of the driver, which gives them no code. */
const OUTAGE_TEXT =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/;

/** Did the database fail (full, gone, locked), and not the statement? */
export function isOutage(error: unknown): boolean {
  if (error instanceof TermOver) return true;
  const code = codeOf(error);
  if (code !== undefined)
    return (code.length === 5 && OUTAGE_STATE.test(code)) || (isOfSystem(error) && OUTAGE_SYSTEM.test(code));
  return error instanceof Error && OUTAGE_TEXT.test(error.message);
}

/** Of a call of the system, or of several. A request that its sender broke off has the code of a connection too, and no call. */
function isOfSystem(error: unknown): boolean {
  return error instanceof Error && ('syscall' in error || 'errors' in error);
}

/** SQLSTATE of what the driver threw, or the system's code (`ECONNREFUSED`). */
function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

const ADVICE: readonly (readonly [RegExp, string])[] = [
  // `connect ENOENT`: there is no such socket.
  [/^(ENOENT|EACCES) open$/, 'Check the file that the address names (sslrootcert, sslcert, sslkey).'],
  [/^ECONNREFUSED|^ENOENT/, 'Is PostgreSQL running there, and does it listen on this address?'],
  [/^(ENOTFOUND|EAI_)/, 'Check the name of the host.'],
  [/^(28P01|28000)$/, 'Check user and password, and the rules in pg_hba.conf.'],
  [/^3D000$/, 'Make the database: CREATE DATABASE vedette.'],
  [
    /^25006$/,
    'It takes no writes: name the server that is no standby, and see that default_transaction_read_only is off.',
  ],
  [/^42501$/, 'The user must own the database: CREATE DATABASE vedette OWNER …'],
  [
    /^(SELF_SIGNED|UNABLE_TO|DEPTH_ZERO|CERT_|ERR_TLS_)/,
    'Name the authority of its certificate in the address: sslrootcert=FILE.',
  ],
  [/^53300$/, 'It takes no more connections: the hub uses up to ten (max_connections).'],
];

/** What went wrong, where, and what to do. @param shown the address without its password */
export function describeFailure(error: unknown, shown: string): string {
  const code = codeOf(error) ?? '';
  const isOpening = error instanceof Error && 'syscall' in error && error.syscall === 'open';
  const advice = ADVICE.find(([pattern]) => pattern.test(isOpening ? `${code} open` : code))?.[1];
  // Where a name has several addresses the driver says nothing but the code.
  const said = (messageOf(error) || code).replace(/\.$/, '');
  return `cannot use the database ${shown}: ${said}.${advice === undefined ? '' : ` ${advice}`}`;
}
