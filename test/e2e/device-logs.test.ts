/** The log of a real agent at a real hub: by the command, in the browser, with levels that change while both run. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { hasChromium, startChromium } from '../support/chromium.ts';
import { runProgram, startProgram } from '../support/program.ts';
import { shots } from '../support/shots.ts';
import { built } from '../support/spawn.ts';
import { configureAgent, startAgent, startHub } from '../support/stack.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';

const dashboard = built('cloud-hub/dashboard');
const PASSWORD = 'hunter2ofthegate';

test.skipIf(!hasChromium || !existsSync(path.join(dashboard, 'index.html')))(
  'a device says more for a while, also after its hub was killed, and no secret of it leaves the box',
  { timeout: 180_000 },
  async () => {
    const folder = tempFolder();
    let hub = await startHub(folder);
    const ports = { httpPort: hub.httpPort, mqttPort: hub.mqttPort };
    const pump = {
      kind: 'sensor',
      source: { url: `http://127.0.0.1:9/live?user=ann&password=${PASSWORD}`, everyS: 1 },
      detector: 'online',
    };
    const file = await configureAgent(folder, hub, { log: 'info', streams: { pump } });
    const agent = startAgent(file);
    const access = [
      '--url',
      `http://127.0.0.1:${hub.httpPort}`,
      '--token-file',
      path.join(folder, 'hub', 'admin.token'),
    ];
    const cli = async (...args: string[]) => {
      const { code, stdout, stderr } = await runProgram('cloud-hub/main.js', [...args, ...access]);
      return { code, text: stdout + stderr };
    };
    await until(
      async () => (await cli('logs', 'box')).text.includes('connected to the MQTT broker'),
      'its first lines',
    );
    expect((await cli('logs', 'box', '--level', 'warn')).text).not.toContain('connected to the MQTT broker');
    expect(await cli('log-level', 'box')).toEqual({ code: 0, text: 'as agent.yaml says\n' });
    expect((await cli('log-level', 'box', 'pump=debug')).code).toBe(2);
    expect((await cli('log-level', 'box', 'all=debug', '--for', '8d')).code).toBe(2);

    const followed = startProgram('cloud-hub/main.js', ['logs', 'box', '--follow', '--component', 'sync', ...access]);
    let seen = '';
    followed.process.stdout?.on('data', (chunk) => (seen += String(chunk)));
    const set = await cli('log-level', 'box', 'all=debug', '--for', '1h');
    expect(set.text).toMatch(/sync=debug.* until 20/);
    await until(async () => seen.includes('the hub said something'), 'lines of debug are followed', 60_000);

    hub.started.process.kill('SIGKILL');
    await hub.started.ended;
    hub = await startHub(folder, ports);
    const told = async () =>
      (await cli('logs', 'box', '-n', '500')).text.split('the hub changed how much is logged').length;
    await until(async () => (await told()) > 2, 'the device is told again', 60_000);

    const page = await (await startChromium()).newPage({ viewport: { width: 1440, height: 1400 } });
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    await page.goto(`http://127.0.0.1:${hub.httpPort}/devices/box`);
    await page.getByLabel('Token').fill(readFileSync(path.join(folder, 'hub', 'admin.token'), 'utf8').trim());
    await page.getByRole('button', { name: 'Sign in' }).click();
    const log = page.getByRole('region', { name: 'Log' });
    await log.locator('[data-testid=log-line][data-level=debug]').first().waitFor();
    await log.scrollIntoViewIfNeeded();
    await shots(page, 'device-log');
    await log.getByRole('button', { name: 'As configured' }).click();
    await log.getByRole('button', { name: 'Debug for 1 h' }).waitFor();
    await log.getByLabel('Lines shown').selectOption('error');
    await until(async () => (await log.locator('[data-level=debug]').count()) === 0, 'only errors');
    expect(problems).toEqual([]);
    expect((await cli('log-level', 'box')).text).toBe('as agent.yaml says\n');

    agent.process.kill('SIGTERM');
    await agent.ended;
    const kept = path.join(folder, 'hub', 'device-logs', 'box');
    const all = readdirSync(kept)
      .map((one) => readFileSync(path.join(kept, one), 'utf8'))
      .join('');
    expect(all).toContain('"component":"sync"');
    const token = readFileSync(path.join(folder, 'agent', 'device.token'), 'utf8').trim();
    for (const secret of [PASSWORD, token]) expect(all).not.toContain(secret);
  },
);
