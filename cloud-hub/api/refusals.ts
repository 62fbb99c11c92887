/** What registry, signing and rollouts refuse, as problems for whoever asked. */
import { ProblemError } from '../../shared/http/problems.ts';
import { CodedError } from '../../shared/kit/errors.ts';
import { isBusy, isFull, isUnwritable } from '../../shared/kit/sqlite.ts';
import { TrustError } from '../../shared/trust/error.ts';
import { PasswordsBusy } from '../identity/passwords.ts';
import { EnrolmentError } from '../pki/enrolment.ts';
import { RequestFault } from '../pki/request.ts';
import { UploadError } from '../registry/blobs.ts';
import { RegistryError } from '../registry/registry.ts';
import { RolloutError } from '../rollout/rollouts.ts';
import { isOutage } from '../store/postgres/failures.ts';

const statusOf = {
  'not found': 404,
  conflict: 409,
  'in use': 409,
  invalid: 422,
  busy: 429,
  'too large': 413,
  'disk full': 507,
  'other digest': 400,
} as const;

const enrolmentStatusOf = {
  'unknown claim': 401,
  'no certificate': 401,
  revoked: 403,
  expired: 403,
  'used up': 403,
  'refused by a person': 403,
  'too late': 403,
  'too often': 429,
  'another name': 403,
  'name taken': 409,
} as const satisfies Record<EnrolmentError['why'], number>;

const BUSY_S = 5;

/** The problem that a failure means; the failure itself when it is none of theirs. */
export function refusalOf(error: unknown): unknown {
  if (error instanceof RegistryError || error instanceof UploadError) {
    const headers = error.why === 'busy' ? { 'retry-after': String(BUSY_S) } : {};
    return new ProblemError(statusOf[error.why], error.message, headers);
  }
  if (error instanceof RolloutError) {
    const complaints = error.complaints.map(({ path, message }) => ({ path, message }));
    return new ProblemError(statusOf[error.why], error.message, {}, complaints.length > 0 ? complaints : undefined);
  }
  if (error instanceof RequestFault)
    return new ProblemError(422, `the request for a certificate is refused: ${error.message}`);
  if (error instanceof EnrolmentError) return new ProblemError(enrolmentStatusOf[error.why], error.message);
  if (error instanceof PasswordsBusy) return new ProblemError(503, error.message, { 'retry-after': '1' });
  if (isBusy(error)) {
    return new ProblemError(503, 'another program holds the lock of the database: try again', { 'retry-after': '1' });
  }
  if (isUnwritable(error)) {
    const detail =
      'the disk of the hub cannot be written (read-only, damaged or full): look at it, and restart the hub';
    return new ProblemError(507, detail);
  }
  if (isFull(error)) return new ProblemError(507, 'the disk of the hub is full');
  if (isOutage(error)) {
    const detail = 'the database of the hub does not answer, or takes nothing: try again; the log of the hub says why';
    return new ProblemError(503, detail, { 'retry-after': String(BUSY_S) });
  }
  if (error instanceof TrustError) return new ProblemError(422, error.message);
  if (error instanceof CodedError && error.code === 'model-invalid') return new ProblemError(422, error.message);
  return error;
}
