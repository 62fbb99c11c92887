/** A real Alertmanager (Debian package `prometheus-alertmanager`): alerts come, are grouped, and end. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { answers, freePort } from '../../support/free-port.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';
import { type TestHub, testDevice, testHub } from '../support.ts';
import { receiver } from './receiver.ts';

const PROGRAM = 'prometheus-alertmanager';
const hasProgram = spawnSync(PROGRAM, ['--version']).status === 0;
const without = hasProgram ? '' : ` (skipped: no Alertmanager, Debian package ${PROGRAM})`;

/** `GET /api/v2/alerts`. */
const alerts = z.array(
  z.looseObject({
    labels: z.record(z.string(), z.string()),
    annotations: z.record(z.string(), z.string()),
    startsAt: z.iso.datetime({ offset: true }),
    endsAt: z.iso.datetime({ offset: true }),
    status: z.looseObject({ state: z.enum(['active', 'suppressed', 'unprocessed']) }),
  }),
);
/** What it posts to a webhook of its own. */
const grouped = z.looseObject({
  status: z.enum(['firing', 'resolved']),
  groupLabels: z.record(z.string(), z.string()),
  alerts: z.array(z.looseObject({ status: z.string(), labels: z.record(z.string(), z.string()) })),
});

const put = (hub: TestHub, at: string, body: unknown) =>
  hub.api(at, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

async function startAlertmanager(hook: string): Promise<string> {
  const [folder, port] = [tempFolder(), await freePort()];
  const config = path.join(folder, 'alertmanager.yml');
  writeFileSync(
    config,
    `route: { receiver: hook, group_by: [alertname], group_wait: 1s, group_interval: 1s }
receivers: [{ name: hook, webhook_configs: [{ url: '${hook}' }] }]\n`,
  );
  const listen = [`--web.listen-address=127.0.0.1:${port}`, '--cluster.listen-address='];
  const args = [`--config.file=${config}`, `--storage.path=${path.join(folder, 'data')}`, ...listen];
  const child: ChildProcess = spawn(PROGRAM, args, { stdio: 'ignore' });
  onTestFinished(async () => {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  });
  await until(() => answers(port), 'Alertmanager listens');
  const url = `http://127.0.0.1:${port}`;
  await until(async () => (await fetch(`${url}/-/ready`)).ok, 'Alertmanager is ready');
  return url;
}

test.skipIf(!hasProgram)(
  `a device that goes offline is an alert there with its labels, and ends when it is back${without}`,
  async () => {
    const hook = await receiver();
    const url = await startAlertmanager(`${hook.url}/from-alertmanager`);
    const hub = await testHub({ config: { alertNetworks: '127.0.0.1' as never } });
    expect((await put(hub, '/alert-channels/am', { kind: 'alertmanager', url })).status).toBe(200);
    const cam = await testDevice(hub, 'cam');
    const rule = {
      condition: { kind: 'offline' },
      forS: 0,
      keepS: 0,
      waitS: 0,
      severity: 'critical',
      channels: ['am'],
      everyS: 0,
    };
    expect((await put(hub, '/alert-rules/gone', rule)).status).toBe(200);
    cam.client.end(true);
    const listed = async () => alerts.parse(await (await fetch(`${url}/api/v2/alerts`)).json());
    await until(async () => (await listed()).length > 0, 'the alert');
    const found = await listed();
    expect(found).toMatchObject([
      {
        labels: { alertname: 'gone', severity: 'critical', device: 'cam', source: 'vedette' },
      },
    ]);
    expect(Date.parse(found[0]?.endsAt ?? '')).toBeGreaterThan(Date.now() + 3_600_000);
    const [firing] = await hook.get(1);
    expect(grouped.parse(JSON.parse(firing?.text ?? ''))).toMatchObject({
      status: 'firing',
      groupLabels: { alertname: 'gone' },
      alerts: [{ status: 'firing', labels: { device: 'cam' } }],
    });
    await testDevice(hub, 'cam', cam.token);
    await until(async () => (await listed()).length === 0, 'its end', 40_000);
    const last = await until(
      () =>
        hook.received.map(({ text }) => grouped.parse(JSON.parse(text))).find(({ status }) => status === 'resolved'),
      'word of its end',
    );
    expect(last).toMatchObject({ groupLabels: { alertname: 'gone' }, alerts: [{ labels: { device: 'cam' } }] });
  },
  90_000,
);
