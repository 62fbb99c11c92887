/** Packages, slots and digests by a number; 0 is the package of `agent.yaml`. */
import type { Slot } from '../../../agent/reconcile/state.ts';
import { type DesiredModel, desiredModel } from '../../../shared/contract/messages/desired.ts';

export const digestOf = (n: number) => `sha256:${String(n).padStart(64, '0')}`;
export const packageOf = (n: number, shadowFrames = 10): DesiredModel =>
  desiredModel.parse({
    name: 'walker',
    version: `${n}.0.0`,
    digest: digestOf(n),
    bytes: 1,
    target: `walker/${n}.0.0.tar.gz`,
    proof: { shadowFrames },
  });
export const slotOf = (n: number, more: Partial<Slot> = {}): Slot => ({
  name: 'walker',
  version: `${n}.0.0`,
  ...(n === 0 ? {} : { digest: digestOf(n) }),
  serviceMs: 0,
  frames: 0,
  errors: 0,
  ...more,
});
