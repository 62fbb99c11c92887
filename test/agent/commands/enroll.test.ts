import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from '../../support/free-port.ts';
import { startProgram } from '../../support/program.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';

test('a claim on the command line is not in the list of processes while the box enrols', async () => {
  const port = await freePort();
  let isAsked = false;
  const hub = createServer(() => {
    isAsked = true;
  });
  hub.listen(port, '127.0.0.1');
  await once(hub, 'listening');
  onTestFinished(() => void hub.close());
  const claim = `vedette1.${'A'.repeat(43)}.-`;
  const args = ['enroll', '--hub', `https://127.0.0.1:${port}`, '--token', claim, '--dir', tempFolder()];
  const box = startProgram('agent/main.js', args);
  await until(() => isAsked, 'the box asks');
  const shown = () => readFileSync(`/proc/${box.process.pid}/cmdline`, 'utf8');
  await until(() => shown().startsWith('vedette-agent enroll'), 'the command has its own title');
  expect(shown()).not.toContain('AAAA');
});
