/** What registry, signing and rollouts refuse, as problems for whoever asked. */
import { ProblemError } from '../../shared/http/problems.ts';
import { CodedError } from '../../shared/kit/errors.ts';
import { TrustError } from '../../shared/trust/error.ts';
import { UploadError } from '../registry/blobs.ts';
import { RegistryError } from '../registry/registry.ts';
import { RolloutError } from '../rollout/rollouts.ts';

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
  if (error instanceof TrustError) return new ProblemError(422, error.message);
  if (error instanceof CodedError && error.code === 'model-invalid') return new ProblemError(422, error.message);
  return error;
}
