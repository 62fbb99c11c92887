/** What the tools hand to the processes that prove and compare: each gives its order back as a complaint. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { parseConfig } from '../../../agent/config.ts';
import { openStore } from '../../../agent/models/store.ts';
import { createTools } from '../../../agent/models/tools.ts';
import { streamConfig } from '../../../shared/contract/config/stream.ts';
import { desiredModel } from '../../../shared/contract/messages/desired.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { plainFetch } from '../../support/plain-fetch.ts';
import { tempFolder } from '../../support/temp.ts';

function toolsOf() {
  const folder = tempFolder();
  const echo = path.join(folder, 'echo.mjs');
  writeFileSync(
    echo,
    `process.once('message', (order) => {
      const said = JSON.stringify({ order, cwd: process.cwd() });
      process.send({ fault: said, type: 'refused', reason: said });
    });
    setInterval(() => undefined, 1000);`,
  );
  const config = parseConfig(
    JSON.stringify({
      device: 'box',
      dataDir: folder,
      models: {},
      streams: {},
      runners: { threads: 3, provider: 'cpu' },
    }),
    path.join(folder, 'agent.yaml'),
  );
  const tools = createTools({
    config,
    token: undefined,
    fetch: plainFetch,
    store: openStore(path.join(folder, 'models'), 0),
    entries: { proof: pathToFileURL(echo), shadow: pathToFileURL(echo) },
    quality: () => 'synced',
    onDamagedTrust: () => undefined,
    clock: new ManualClock(),
  });
  return { folder, tools };
}

const complaint = (promise: Promise<unknown>) =>
  promise.then(
    () => {
      throw new Error('it did not complain');
    },
    (error: Error) => JSON.parse(error.message) as unknown,
  );

test('a proof and a comparison run as the configuration says, each in a folder of its own, by the policy of the document', async () => {
  const { folder, tools } = toolsOf();
  const runtime = { threads: 3, provider: 'cpu' };
  const [ours, theirs] = [
    { modelDir: 'candidate', variant: 'int8' },
    { modelDir: 'incumbent', variant: 'auto' },
  ];
  const { signal } = new AbortController();
  expect(await complaint(tools.prove(ours, signal))).toEqual({
    order: { ...ours, runtime },
    cwd: path.join(folder, 'runners', 'proof'),
  });
  const wanted = desiredModel.parse({
    name: 'walker',
    version: '1.0.0',
    digest: `sha256:${'0'.repeat(64)}`,
    bytes: 1,
    target: 'x',
    proof: { shadowFrames: 7 },
  });
  const streams = [{ stream: 'a', config: streamConfig.parse({ source: { url: 'test:testsrc2' }, model: 'walker' }) }];
  const sides = { candidate: ours, incumbent: theirs };
  expect(await complaint(tools.shadow(sides, streams, wanted, () => undefined, signal))).toEqual({
    order: { ...sides, runtime, streams: JSON.parse(JSON.stringify(streams)), policy: wanted.proof },
    cwd: path.join(folder, 'runners', 'shadow'),
  });
});

test('what is called off is not begun', async () => {
  const { tools } = toolsOf();
  const abort = new AbortController();
  abort.abort(new Error('not wanted any more'));
  const ours = { modelDir: 'candidate', variant: 'int8' };
  await expect(tools.prove(ours, abort.signal)).rejects.toThrow('not wanted any more');
});
