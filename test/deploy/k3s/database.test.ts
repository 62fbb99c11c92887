/** The hub of the chart with its database on a PostgreSQL server. */
import { describe, expect, test } from 'vitest';
import { hubConfig } from '../../../cloud-hub/config.ts';
import { chart, hasHelm, helm, render, withoutHelm } from '../../support/helm.ts';
import { at, one, pod } from '../../support/manifests.ts';
import { deviations } from '../../support/pod-security.ts';
import { everything } from './values.ts';

const database = { 'hub.database': everything['hub.database'], 'network.databases': everything['network.databases'] };
const hubOf = (values: object) => one(render(values), 'StatefulSet', 'vedette-hub');
const argsOf = (values: object) => at(pod(hubOf(values)), 'containers', 'hub', 'args') as string[];
const option = (args: readonly string[], name: string) =>
  args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);

describe.skipIf(!hasHelm)(`chart with PostgreSQL${withoutHelm}`, { timeout: 60_000 }, () => {
  test('the hub takes its address, with the password and the authority out of Secrets that are files', () => {
    const args = argsOf(database);
    const parsed = hubConfig.parse({
      databaseUrl: option(args, 'database-url'),
      databasePasswordFile: option(args, 'database-password-file'),
    });
    const { searchParams } = new URL(parsed.databaseUrl ?? '');
    expect(Object.fromEntries(searchParams)).toEqual({
      sslmode: 'verify-full',
      sslrootcert: '/run/vedette/database/ca.crt',
    });
    const hub = pod(hubOf(database));
    expect(at(hub, 'containers', 'hub', 'volumeMounts', 'database')).toMatchObject({
      mountPath: '/run/vedette/database',
      readOnly: true,
    });
    expect(at(hub, 'volumes', 'database', 'projected')).toEqual({
      defaultMode: 0o440,
      sources: [
        { secret: { name: 'database', items: [{ key: 'password', path: 'password' }] } },
        { secret: { name: 'database-ca', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      ],
    });
    expect(deviations(hub)).toEqual([]);
  });

  test('it stays one hub with a volume: models and keys lie there', () => {
    expect(hubOf(database).spec).toMatchObject({ replicas: 1, updateStrategy: { type: 'RollingUpdate' } });
    expect(at(hubOf(database), 'spec', 'volumeClaimTemplates')).toEqual(at(hubOf({}), 'spec', 'volumeClaimTemplates'));
    expect(one(render(database), 'PodDisruptionBudget', 'vedette-hub').spec).toMatchObject({ maxUnavailable: 0 });
  });

  test('without a database nothing is said of one', () => {
    expect(argsOf({}).filter((arg) => arg.includes('database'))).toEqual([]);
    expect(at(pod(hubOf({})), 'volumes', 'database')).toBeUndefined();
    const urlAlone = { 'hub.database': { url: 'postgres://hub@db.example/vedette?sslmode=verify-full' } };
    const bare = { ...urlAlone, 'network.databases': everything['network.databases'] };
    expect(option(argsOf(bare), 'database-password-file')).toBeUndefined();
    expect(at(pod(hubOf(bare)), 'volumes', 'database')).toBeUndefined();
  });

  test.each([
    ['hub.database.url', 'mysql://hub@db.example/vedette', /pattern/],
    ['hub.database.url', 'postgres://hub@db.example', /pattern/],
    ['hub.database.passwordSecret', 'The Secret', /pattern/],
    ['hub.database.replicas', 2, /additional properties 'replicas' not allowed/],
    ['network.databases.networks', [{ cidr: '192.0.2.7/32', ports: [] }], /minItems/],
  ])('%s: %j is refused', (key, value, why) => {
    const { code, stderr } = helm('template', 'vedette', chart, '--set-json', `${key}=${JSON.stringify(value)}`);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(why);
  });
});
