/** What claims mean, whatever a provider sends. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judge, nameOf } from '../../../../cloud-hub/identity/oidc/claims.ts';
import { name } from '../../../../shared/contract/names.ts';

const claims = { iss: 'https://id.example', sub: '1' };
const rules = {
  role: { claim: 'groups', values: { chiefs: 'admin', staff: 'viewer' } },
  scope: { claim: 'sites', label: 'site' },
  newPeople: { domains: ['plant.example'], values: ['chiefs'] },
} as const;
const settings = () => ({
  role: { claim: rules.role.claim, values: { ...rules.role.values } },
  scope: rules.scope,
  newPeople: { domains: [...rules.newPeople.domains], values: [...rules.newPeople.values] },
});

test('of several roles the one that may do most counts; an admin is not narrowed', () => {
  expect(judge({ ...claims, groups: ['staff', 'chiefs'], sites: 'oslo' }, settings(), undefined)).toEqual({
    role: 'admin',
    isAdmitted: true,
    seen: { scope: undefined },
  });
  expect(judge({ ...claims, groups: 'staff', sites: 'oslo' }, settings(), undefined)).toEqual({
    role: 'viewer',
    isAdmitted: false,
    seen: { scope: { site: 'oslo' } },
  });
});

test('without a claim of roles this hub decides; values LABEL=VALUE are a scope of several labels', () => {
  const { newPeople } = settings();
  const own = { role: undefined, scope: { claim: 'devices' }, newPeople };
  const devices = ['site=oslo', 'floor=2=b'];
  expect(judge({ ...claims, devices }, own, 'operator')).toEqual({
    isAdmitted: false,
    seen: { scope: { site: 'oslo', floor: '2=b' } },
  });
  expect(judge(claims, own, 'admin')).toEqual({ isAdmitted: false, seen: { scope: undefined } });
  for (const wrong of [undefined, '', 'oslo', '=x', 'site=', ['site=a', 'site=b'], 7, [7], {}, 'Site=x'])
    expect([wrong, judge({ ...claims, devices: wrong }, own, 'operator')]).toEqual([wrong, 'no-scope']);
});

test('an address that was not verified lets nobody in', () => {
  const groups = ['staff'];
  const isAdmitted = (more: Record<string, unknown>) => {
    const found = judge({ ...claims, groups, sites: 'x', ...more }, settings(), undefined);
    return typeof found === 'string' ? found : found.isAdmitted;
  };
  expect(isAdmitted({ email: 'a@plant.example', email_verified: true })).toBe(true);
  for (const more of [
    { email: 'a@plant.example' },
    { email: 'a@plant.example', email_verified: 'true' },
    { email: 'a@plant.example.evil.example', email_verified: true },
    { email: 'a@evil.example', email_verified: true },
    { email: 'plant.example@evil.example', email_verified: true },
    { email: ['a@plant.example'], email_verified: true },
  ])
    expect([more, isAdmitted(more)]).toEqual([more, false]);
});

test('whatever is sent: nobody gets a role that no value gives, sees everything by a scope that cannot be read, or a name that is none', () => {
  const value = fc.oneof(
    fc.jsonValue(),
    fc.array(fc.constantFrom('staff', '__proto__', 'constructor', 'toString', '')),
  );
  fc.assert(
    fc.property(value, value, fc.string(), (groups, sites, user) => {
      const sent = { ...claims, groups, sites, preferred_username: user };
      const found = judge(sent, settings(), undefined);
      const has = (group: string) => groups === group || (Array.isArray(groups) && groups.some((one) => one === group));
      if (typeof found !== 'string') {
        expect(has('staff') || has('chiefs')).toBe(true);
        if (found.role !== 'admin') expect(found.seen?.scope).toBeDefined();
      }
      expect(name.safeParse(nameOf(sent)).success).toBe(true);
    }),
  );
});
