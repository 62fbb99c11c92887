/** Puts a package into the registry of a hub. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { create } from 'tar';
import type { HubHandle } from './stack.ts';

/** @param dataDir of the hub @param model folder of the package @throws Error with the hub's answer */
export async function uploadModel(hub: Pick<HubHandle, 'httpPort'>, dataDir: string, model: string): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of create({ cwd: model, gzip: true, portable: true, noMtime: true }, ['.']))
    chunks.push(chunk);
  const token = readFileSync(path.join(dataDir, 'admin.token'), 'utf8').trim();
  const answer = await fetch(`http://127.0.0.1:${hub.httpPort}/api/v1/models`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/gzip' },
    body: Buffer.concat(chunks),
  });
  if (answer.status !== 201) throw new Error(`the hub does not take the model: ${await answer.text()}`);
}
