/** Whom a process is told to trust, its runners trust too: a camera and a sensor behind servers of an authority that nobody else knows. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { writeClip, writeWalkerPackage } from '../../support/clip.ts';
import { plantCertificates } from '../../support/plant-certificates.ts';
import { startProgram } from '../../support/program.ts';
import { tempFolder } from '../../support/temp.ts';

async function serve(at: (name: string) => string, clip: string): Promise<string> {
  const files = { cert: readFileSync(at('broker.pem')), key: readFileSync(at('broker.key')) };
  const server = createServer(files, (request, response) => {
    const content = request.url === '/now' ? Buffer.from('{"v":1}') : readFileSync(clip);
    response.writeHead(200, { 'content-length': content.length }).end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `https://localhost:${(server.address() as AddressInfo).port}`;
}

test('SSL_CERT_FILE is FFmpeg’s, NODE_EXTRA_CA_CERTS is Node’s: both reach the runners', {
  timeout: 120_000,
}, async () => {
  const folder = tempFolder();
  const at = await plantCertificates(folder);
  const url = await serve(at, await writeClip(folder));
  const config = {
    device: 'box',
    models: { walker: writeWalkerPackage(folder) },
    streams: {
      camera: { source: { url: `${url}/clip.mp4` }, model: 'walker' },
      sensor: {
        kind: 'sensor',
        source: { url: `${url}/now`, everyS: 0.2, values: { value: 'v' } },
        detector: 'online',
      },
    },
    api: false,
  };
  const file = path.join(folder, 'agent.yaml');
  writeFileSync(file, JSON.stringify(config));
  const look = async (env: NodeJS.ProcessEnv) => {
    const args = ['doctor', '--json', '--wait', '10', '-c', file];
    const { stdout } = await startProgram('agent/main.js', args, { env }).ended;
    const { findings } = JSON.parse(stdout) as { findings: { subject: string; level: string; text: string }[] };
    return ['camera', 'sensor'].map((stream) => findings.find((f) => f.subject === `stream ${stream}`));
  };
  const trusting = await look({ SSL_CERT_FILE: at('ca.pem'), NODE_EXTRA_CA_CERTS: at('ca.pem') });
  expect(
    trusting.map((found) => found?.level ?? 'nothing found'),
    JSON.stringify(trusting),
  ).not.toContain('broken');
  const without = await look({ SSL_CERT_FILE: '', NODE_EXTRA_CA_CERTS: '' });
  expect(without[1]).toMatchObject({ level: 'broken', text: expect.stringMatching(/self-signed|certificate/) });
});
