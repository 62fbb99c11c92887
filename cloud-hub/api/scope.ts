/**
 * Whoever has a scope sees the devices that have its labels, and nothing of others: what belongs to another device is not there
 * (404), and lists do not have it. A route that says nothing of scopes is closed to him: forgetting it shows nothing.
 */
import type { FastifyRequest } from 'fastify';
import { ProblemError } from '../../shared/http/problems.ts';
import type { Scope } from '../contract/identity.ts';
import type { Caller } from '../identity/identity.ts';
import { scopeText, sees } from '../identity/scope.ts';
import { rowNumber } from '../store/rows.ts';
import type { HubStore } from '../store/store.ts';

/**
 * How a route keeps to the scope of its caller. `own`: it says nothing of devices. `device`, `event`, `alert`: the guard looks whose the
 * object in the path is. `lists`: the handler hands the scope on (`scopeOf`).
 */
export type ScopeRule = 'own' | 'device' | 'event' | 'alert' | 'lists';

declare module 'fastify' {
  interface FastifyContextConfig {
    scope?: ScopeRule;
  }
}

export type ScopeStore = {
  readonly devices: Pick<HubStore['devices'], 'labels'>;
  readonly events: Pick<HubStore['events'], 'deviceOf'>;
  readonly alerts: Pick<HubStore['alerts'], 'get'>;
};

/** @throws ProblemError 403 when the route is closed to scopes, 404 when its object is not there for this caller */
export async function checkScope(request: FastifyRequest, caller: Caller, store: ScopeStore): Promise<void> {
  if (caller.scope === undefined) return;
  const { config, url = '' } = request.routeOptions;
  const { device = '', id = '' } = Object(request.params) as { device?: string; id?: string };
  switch (config.scope) {
    case undefined:
      throw new ProblemError(
        403,
        `"${caller.name}" sees only devices with ${scopeText(caller.scope)}: this is about all`,
      );
    case 'device':
      if (!(await seesDevice(caller, device, store))) throw new ProblemError(404, `there is no device "${device}"`);
      return;
    case 'event': {
      const row = rowNumber(id);
      const whose = row === undefined ? undefined : await store.events.deviceOf(row);
      const noun = url.includes('/snapshots/') ? 'snapshot' : 'event';
      if (whose === undefined || !(await seesDevice(caller, whose, store)))
        throw new ProblemError(404, `there is no ${noun} "${id}"`);
      return;
    }
    case 'alert': {
      const row = rowNumber(id);
      const whose = row === undefined ? undefined : (await store.alerts.get(row))?.device;
      if (whose === undefined || !(await seesDevice(caller, whose, store)))
        throw new ProblemError(404, `there is no alert "${id}"`);
    }
  }
}

/** Does a caller see this device? */
export function seesDevice(caller: Caller, device: string, store: Pick<ScopeStore, 'devices'>): Promise<boolean> {
  return sees(caller, device, store.devices.labels);
}

/** For lists: the labels that the devices of their items must have. */
export function scopeOf({ identity }: FastifyRequest): { readonly scope: Scope | undefined } {
  return { scope: identity?.scope };
}
