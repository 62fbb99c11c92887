/** Two hubs as programs on one PostgreSQL: one works, the other stands by. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { hasPostgres, withoutPostgres } from '../support/postgres.ts';
import { isOver, spawnProgram } from '../support/spawn.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';
import { postgresOfFile } from './store/postgres/support.ts';

const READY = 'Vedette hub is ready';

describe.skipIf(!hasPostgres)(`a hub that stands by${withoutPostgres}`, () => {
  const postgres = postgresOfFile();

  function start(env: NodeJS.ProcessEnv, folder: string, ...extra: string[]) {
    const ports = ['--http-port', '0', '--mqtt-port', '0'];
    const hub = spawnProgram('cloud-hub/main.js', ['run', '--data-dir', folder, ...ports, ...extra], { env });
    onTestFinished(async () => {
      if (!isOver(hub)) hub.process.kill('SIGKILL');
      await hub.ended;
    });
    return hub;
  }

  test('works when the other was killed, on the same folder; without --standby it ends with an error', async () => {
    const env = { VEDETTE_DATABASE_URL: await postgres.it().newDatabase() };
    const folder = tempFolder();
    const first = start(env, folder);
    await until(() => first.stdout().includes(READY), 'the first hub works');
    const refused = await start(env, folder).ended;
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/another hub works on the database .*--standby/);

    const second = start(env, folder, '--standby');
    await until(() => second.stdout().includes('standing by'), 'the second stands by');
    expect(second.stdout()).toContain(`/${first.process.pid}, from `);
    expect(second.stdout()).not.toContain(READY);
    first.process.kill('SIGKILL');
    await until(() => second.stdout().includes(READY), 'the second works');

    const third = start(env, folder, '--standby');
    await until(() => third.stdout().includes('standing by'), 'a third stands by');
    third.process.kill('SIGTERM');
    expect((await third.ended).code).toBe(0);
    second.process.kill('SIGTERM');
    expect((await second.ended).code).toBe(0);
  });
});
