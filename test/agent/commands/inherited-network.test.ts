/** What a process is told of the network its runners know too: a camera behind a proxy, and a sensor behind an authority that nobody else knows. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { writeClip, writeWalkerPackage } from '../../support/clip.ts';
import { plantCertificates } from '../../support/plant-certificates.ts';
import { startProgram } from '../../support/program.ts';
import { tempFolder } from '../../support/temp.ts';

const report = z.object({
  findings: z.array(z.object({ subject: z.string(), level: z.string(), text: z.string() })),
});

async function portOf(server: Server | ReturnType<typeof createSecureServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

test('a proxy for FFmpeg and NODE_EXTRA_CA_CERTS for Node reach the runners', { timeout: 120_000 }, async () => {
  const folder = tempFolder();
  const at = await plantCertificates(folder);
  const clip = readFileSync(await writeClip(folder));
  const proxied: string[] = [];
  const proxy = await portOf(
    createServer((request, response) => {
      proxied.push(request.url ?? '');
      response.writeHead(200, { 'content-length': clip.length }).end(clip);
    }),
  );
  const files = { cert: readFileSync(at('broker.pem')), key: readFileSync(at('broker.key')) };
  const plant = await portOf(createSecureServer(files, (_request, response) => void response.end('{"v":1}')));
  const url = `https://localhost:${plant}/now`;
  const config = {
    device: 'box',
    models: { walker: writeWalkerPackage(folder) },
    streams: {
      // Nobody knows this name: only the proxy can have it.
      camera: { source: { url: 'http://camera.invalid/clip.mp4' }, model: 'walker' },
      sensor: { kind: 'sensor', source: { url, everyS: 0.2, values: { value: 'v' } }, detector: 'online' },
    },
    api: false,
  };
  const file = path.join(folder, 'agent.yaml');
  writeFileSync(file, JSON.stringify(config));
  const look = async (env: NodeJS.ProcessEnv) => {
    const args = ['doctor', '--json', '--wait', '10', '-c', file];
    const { stdout } = await startProgram('agent/main.js', args, { env }).ended;
    const { findings } = report.parse(JSON.parse(stdout));
    return ['camera', 'sensor'].map((stream) => findings.find(({ subject }) => subject === `stream ${stream}`));
  };
  const local = { NO_PROXY: 'localhost', no_proxy: 'localhost' };
  const told = await look({ ...local, http_proxy: `http://127.0.0.1:${proxy}`, NODE_EXTRA_CA_CERTS: at('ca.pem') });
  expect(told, JSON.stringify(told)).toMatchObject([{ level: 'ok' }, { level: 'ok' }]);
  expect(proxied[0]).toMatch(/^http:\/\/camera\.invalid(:80)?\/clip\.mp4$/);
  const untold = await look({ ...local, http_proxy: '', NODE_EXTRA_CA_CERTS: '' });
  expect(untold).toMatchObject([
    { level: 'broken', text: expect.stringContaining('source-open') },
    { level: 'broken', text: expect.stringMatching(/self-signed|certificate/) },
  ]);
});
