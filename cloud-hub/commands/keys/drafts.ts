/** The next root.json and targets.json, before they are signed. Pure. */
import { targetPathOf } from '../../../shared/contract/messages/desired.ts';
import { DAY_MS } from '../../../shared/kit/durations.ts';
import { keyIdOf } from '../../../shared/trust/file.ts';
import type { PublicKey, RoleName, RootSigned, TargetsSigned } from '../../../shared/trust/schema.ts';
import { SPEC_VERSION } from '../../../shared/trust/sign.ts';
import type { Model } from '../../contract/model.ts';

/** Root keys are far away, and used seldom. */
const ROOT_DAYS = 730;
const TARGETS_DAYS = 365;

export interface RoleKeys {
  readonly keys: readonly PublicKey[];
  readonly threshold: number;
}

/** @param now milliseconds since 1970 */
export function rootDraft(version: number, roles: Readonly<Record<RoleName, RoleKeys>>, now: number): RootSigned {
  const role = ({ keys, threshold }: RoleKeys) => ({ keyids: keys.map(keyIdOf), threshold });
  return {
    _type: 'root',
    spec_version: SPEC_VERSION,
    version,
    expires: expiry(now, ROOT_DAYS),
    consistent_snapshot: true,
    keys: Object.fromEntries(Object.values(roles).flatMap(({ keys }) => keys.map((key) => [keyIdOf(key), key]))),
    roles: {
      root: role(roles.root),
      targets: role(roles.targets),
      snapshot: role(roles.snapshot),
      timestamp: role(roles.timestamp),
    },
  };
}

/** Keys and thresholds as a root has them. */
export function rolesOf(root: RootSigned): Record<RoleName, RoleKeys> {
  const of = (role: RoleName): RoleKeys => ({
    keys: root.roles[role].keyids.flatMap((id) => root.keys[id] ?? []),
    threshold: root.roles[role].threshold,
  });
  return { root: of('root'), targets: of('targets'), snapshot: of('snapshot'), timestamp: of('timestamp') };
}

/** The targets that were there, and these models; those of `gone` are left out. */
export function targetsDraft(
  before: TargetsSigned | undefined,
  models: readonly Pick<Model, 'name' | 'version' | 'digest' | 'bytes'>[],
  now: number,
  gone: ReadonlySet<string> = new Set(),
): TargetsSigned {
  const added = models.map((model) => [
    targetPathOf(model),
    { length: model.bytes, hashes: { sha256: model.digest.slice('sha256:'.length) } },
  ]);
  const kept = Object.entries(before?.targets ?? {}).filter(([path]) => !gone.has(path));
  return {
    _type: 'targets',
    spec_version: SPEC_VERSION,
    version: (before?.version ?? 0) + 1,
    expires: expiry(now, TARGETS_DAYS),
    targets: Object.fromEntries([...kept, ...added]),
  };
}

function expiry(now: number, days: number): string {
  return new Date(now + days * DAY_MS).toISOString();
}
