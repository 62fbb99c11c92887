/** Roles: a viewer reads, an operator also acts, an admin also manages access. Each includes the ones before. */
import type { Role } from '../contract/identity.ts';

const rank: Record<Role, number> = { viewer: 1, operator: 2, admin: 3 };

export function hasRole(actual: Role, needed: Role): boolean {
  return rank[actual] >= rank[needed];
}
