/** Roles: a viewer looks, an operator acts, an admin also decides who may. Each includes the ones before. */
import type { Role } from '../api/schemas/api.ts';

const rank: Record<Role, number> = { viewer: 1, operator: 2, admin: 3 };

export function hasRole(actual: Role, needed: Role): boolean {
  return rank[actual] >= rank[needed];
}
