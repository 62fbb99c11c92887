/** What the pod of an agent runs, as helm renders it, with real programs against a real hub: the init container and the agent. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { hasHelm, render, withoutHelm } from '../../support/helm.ts';
import { at, one, pod } from '../../support/manifests.ts';
import { built, runProgram } from '../../support/program.ts';
import { secureHub } from '../../support/secure-hub.ts';
import { waveRows, writeCsv } from '../../support/sensor.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';

const NODE = 'gate-3.plant';

interface EnvVar {
  readonly name: string;
  readonly value?: string;
}

/** The containers of the pod of a node, with the node's folders below a folder of the test. */
function containersOf(hub: { url: string; mqttUrl: string }, streams: object) {
  const folder = tempFolder();
  const group = { name: 'boxes', runners: 1, config: { streams: {} }, nodes: { [NODE]: { log: 'info', streams } } };
  const manifests = render({ 'agent.hub': hub, 'agent.groups': [group], 'network.enabled': false });
  const spec = pod(one(manifests, 'DaemonSet', 'vedette-agent-boxes'));
  const data = z.record(z.string(), z.string()).parse(one(manifests, 'ConfigMap', 'vedette-agent-boxes').data);
  const inside = {
    '/var/lib/vedette-agent': 'state',
    '/etc/vedette-agent': 'config',
    '/run/vedette/claim/claim': 'claim',
  };
  for (const name of ['state', 'config', 'bin']) mkdirSync(path.join(folder, name));
  // Other tests may listen there.
  for (const [name, text] of Object.entries(data))
    writeFileSync(path.join(folder, 'config', name), text.replace('port: 8090', 'port: 0'));
  const program = path.join(folder, 'bin/vedette-agent');
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${built('agent/main.js')}' "$@"\n`, { mode: 0o755 });

  const start = (kind: 'initContainers' | 'containers', name: string) => {
    const container = at(spec, kind, name);
    const command = z
      .tuple([z.literal('tini'), z.literal('--'), z.string(), z.string()])
      .parse(at(container, 'command'));
    const args = z.array(z.string()).parse(at(container, 'args'));
    const given = (at(container, 'env') as EnvVar[]).map(({ name: key, value }) => {
      const found = Object.entries(inside).find(([prefix]) => value === prefix || value?.startsWith(`${prefix}/`));
      const here = found && value ? path.join(folder, found[1], value.slice(found[0].length)) : value;
      return [key, here ?? NODE];
    });
    const env = { PATH: `${path.dirname(program)}:${process.env.PATH}`, ...Object.fromEntries(given) };
    const child = spawn(command[2], [command[3], ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, output }));
    return { child, ended, output: () => output };
  };
  return { folder, start, enrol: () => start('initContainers', 'enrol').ended };
}

describe.skipIf(!hasHelm)(`the pod of an agent${withoutHelm}`, { timeout: 90_000 }, () => {
  test('enrols by the claim at its first start, does nothing at later ones, and results arrive', async () => {
    const { hub, folder: hubFolder, url, request, authority } = await secureHub();
    const csv = writeCsv(tempFolder(), 'series.csv', waveRows(400));
    const streams = { machine: { kind: 'sensor', detector: 'online', source: { url: csv, speed: 50 } } };
    const { folder, start, enrol } = containersOf({ url, mqttUrl: `mqtts://127.0.0.1:${hub.mqttPort}` }, streams);
    const state = (name: string) => path.join(folder, 'state', name);

    const without = await enrol();
    expect(without).toMatchObject({
      code: 1,
      output: expect.stringContaining('belongs into the Secret vedette-claim'),
    });
    // The probes need no token, and nobody else has this one.
    expect(statSync(state('api.token')).mode & 0o777).toBe(0o600);
    const token = readFileSync(state('api.token'), 'utf8');
    expect(token).toMatch(/^[0-9a-f]{48}$/);

    const asked = ['claim', 'create', '--uses', '2', '--url', url, '--token-file', path.join(hubFolder, 'admin.token')];
    const ca = path.join(hubFolder, 'roots.pem');
    writeFileSync(ca, authority.roots().join('\n'));
    const claim = await runProgram('cloud-hub/main.js', [...asked, '--ca', ca]);
    expect(claim).toMatchObject({ stderr: '', code: 0, stdout: expect.stringMatching(/^vedette1\./) });
    writeFileSync(path.join(folder, 'claim'), claim.stdout);

    const first = await enrol();
    expect(first).toMatchObject({ code: 0, output: expect.stringContaining('enrolled:') });
    expect(first.output).not.toContain(claim.stdout.trim());
    const identity = readFileSync(state('identity.json'), 'utf8');
    rmSync(path.join(folder, 'claim'));
    expect(await enrol()).toMatchObject({ code: 0, output: expect.stringContaining('this node is enrolled') });
    expect(readFileSync(state('identity.json'), 'utf8')).toBe(identity);
    expect(readFileSync(state('api.token'), 'utf8')).toBe(token);

    const agent = start('containers', 'agent');
    const sequences = z.object({ items: z.array(z.object({ records: z.number(), gaps: z.array(z.unknown()) })) });
    const ledger = await until(async () => {
      const answer = await request('/api/v1/devices/gate-3-plant/sequences');
      return answer.ok ? sequences.parse(await answer.json()).items.find(({ records }) => records > 0) : undefined;
    }, 'records of the node are at the hub');
    expect(ledger.gaps).toEqual([]);
    const port = await until(() => /"url":"http:\/\/[^"]*:(\d+)/.exec(agent.output())?.[1], 'its API listens');
    for (const route of ['/healthz', '/readyz', '/livez'])
      await until(async () => (await fetch(`http://127.0.0.1:${port}${route}`)).ok, `${route} is satisfied`);
    expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).toBe(401);
    agent.child.kill('SIGTERM');
    expect((await agent.ended).code).toBe(0);
    expect(existsSync(state('data'))).toBe(true);
  });

  test('a node without a configuration of its own has that of its group; a claim of nobody is refused', async () => {
    const { hub, url } = await secureHub();
    const { folder, start, enrol } = containersOf({ url, mqttUrl: `mqtts://127.0.0.1:${hub.mqttPort}` }, {});
    writeFileSync(path.join(folder, 'claim'), 'vedette1.nobody');
    expect((await enrol()).code).toBe(2);
    expect(existsSync(path.join(folder, 'state/identity.json'))).toBe(false);
    // What it says of the missing identity names the file that it read.
    rmSync(path.join(folder, 'config', `node.${NODE}.yaml`));
    const { code, output } = await start('containers', 'agent').ended;
    expect({ code, output }).toMatchObject({ code: 2, output: expect.stringContaining('identity.json') });
  });
});
