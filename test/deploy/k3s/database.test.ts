/** The hub of the chart with its database on a PostgreSQL server. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { hubConfig } from '../../../cloud-hub/config.ts';
import { chart, hasHelm, helm, render, withoutHelm } from '../../support/helm.ts';
import { at, one, pod } from '../../support/manifests.ts';
import { deviations } from '../../support/pod-security.ts';
import { hasPostgres, preparePostgres, withoutPostgres } from '../../support/postgres.ts';
import { built } from '../../support/spawn.ts';
import { tempFolder } from '../../support/temp.ts';
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
    expect(at(hub, 'volumes', 'database', 'projected', 'sources')).toEqual([
      { secret: { name: 'database', items: [{ key: 'password', path: 'password' }] } },
      { secret: { name: 'database-ca', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    ]);
    expect(deviations(hub)).toEqual([]);
  });

  test('it stays one hub with a volume: models and keys lie there', () => {
    expect(hubOf(database).spec).toMatchObject({ replicas: 1, updateStrategy: { type: 'RollingUpdate' } });
    expect(at(hubOf(database), 'spec', 'volumeClaimTemplates')).toEqual(at(hubOf({}), 'spec', 'volumeClaimTemplates'));
    expect(one(render(database), 'PodDisruptionBudget', 'vedette-hub').spec).toMatchObject({ maxUnavailable: 0 });
  });

  test('a Job changes the schema before the hub is replaced, with what it needs and nothing more', () => {
    const manifests = render(database);
    const job = one(manifests, 'Job', 'vedette-migration');
    const policy = one(manifests, 'NetworkPolicy', 'vedette-migration');
    for (const manifest of [job, policy])
      expect(at(manifest, 'metadata', 'annotations', 'helm.sh/hook')).toBe('pre-install,pre-upgrade');
    const weights = [policy, job].map((manifest) =>
      Number(at(manifest, 'metadata', 'annotations', 'helm.sh/hook-weight')),
    );
    expect(weights[0]).toBeLessThan(weights[1] ?? Number.NaN);
    expect(at(policy, 'spec', 'podSelector', 'matchLabels')).toMatchObject({
      'app.kubernetes.io/component': 'migration',
    });
    expect(at(job, 'spec', 'template', 'metadata', 'labels')).toMatchObject(
      at(policy, 'spec', 'podSelector', 'matchLabels') as object,
    );
    expect(at(policy, 'spec')).toMatchObject({ policyTypes: ['Ingress', 'Egress'], ingress: [] });
    expect(JSON.stringify(at(policy, 'spec', 'egress'))).not.toContain('0.0.0.0/0');
    expect(deviations(pod(job))).toEqual([]);
    const [group, verb, ...options] = at(pod(job), 'containers', 'migration', 'args') as string[];
    expect([group, verb]).toEqual(['database', 'migrate']);
    expect(argsOf(database)).toEqual(expect.arrayContaining(options));
    expect(at(pod(job), 'volumes', 'database')).toEqual(at(pod(hubOf(database)), 'volumes', 'database'));
    const without = render({ ...database, 'hub.database': { ...everything['hub.database'], migrationJob: false } });
    expect(without.filter(({ kind }) => kind === 'Job')).toEqual([]);
  });

  test.skipIf(!hasPostgres)(
    `the Job as rendered makes the schema of this version${withoutPostgres}`,
    { timeout: 120_000 },
    async () => {
      const server = await preparePostgres();
      onTestFinished(() => server.remove());
      await server.start();
      const url = new URL(await server.newDatabase());
      const password = path.join(tempFolder(), 'password');
      writeFileSync(password, decodeURIComponent(url.password));
      url.password = '';
      const job = one(
        render({ ...database, 'hub.database': { url: url.href, passwordSecret: 'x' } }),
        'Job',
        'vedette-migration',
      );
      const args = (at(pod(job), 'containers', 'migration', 'args') as string[]).map((arg) =>
        arg.replace('/run/vedette/database/password', password),
      );
      const run = () => spawnSync(process.execPath, [built('cloud-hub/main.js'), ...args], { encoding: 'utf8' });
      const first = run();
      expect([first.status, first.stderr]).toEqual([0, '']);
      expect(first.stdout).toContain('it was empty');
      expect(run().stdout).toContain('nothing to do');
    },
  );

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
