/** The agent's journal under a real systemd: fields of its own, and errors by their priority. */
import { z } from 'zod';
import type { Machine } from './machine.ts';

const entry = z.looseObject({ MESSAGE: z.string(), PRIORITY: z.string(), SYSLOG_IDENTIFIER: z.string() });
type Entry = z.infer<typeof entry>;

const JOURNAL = 'journalctl -u vedette-agent --no-pager -q -o json';

async function entries(box: Machine, filter: string): Promise<Entry[]> {
  const lines = (await box.sh(`${JOURNAL} ${filter}`)).split('\n').filter(Boolean);
  return lines.map((line) => entry.parse(JSON.parse(line)));
}

/** @returns the entries that a stream has of its own */
export async function proveFields(box: Machine): Promise<string> {
  const found = await entries(box, 'VEDETTE_STREAM=gate VEDETTE_STATE=running');
  const [first] = found;
  const wanted = {
    SYSLOG_IDENTIFIER: 'vedette-agent',
    PRIORITY: '6',
    VEDETTE_DEVICE: 'gate-3',
    VEDETTE_COMPONENT: 'runner',
  };
  for (const [field, value] of Object.entries(wanted))
    if (first?.[field] !== value) throw new Error(`${field} is not ${value}: ${JSON.stringify(first)}`);
  return `${found.length} by VEDETTE_STREAM=gate: "${first?.MESSAGE}"`;
}

/** Takes the port of the local API, then spoils the configuration: `-p err` has what the agent says of each. */
export async function proveErrors(box: Machine): Promise<string> {
  await box.sh(
    'systemctl stop vedette-agent; systemd-run -q --unit=taken systemd-socket-activate -l 127.0.0.1:8090 /bin/cat; systemctl start vedette-agent',
  );
  await box.wait('the error of the port', `${JOURNAL} -p err`, /8090/);
  await box.sh(
    'systemctl stop taken vedette-agent; cd /etc/vedette-agent; cp -p agent.yaml agent.yaml.good; echo "devise: x" >> agent.yaml; ' +
      'systemctl start vedette-agent || true',
  );
  await box.wait('the error of the configuration', `${JOURNAL} -p err`, /devise/);
  await box.sh(
    'cd /etc/vedette-agent; mv agent.yaml.good agent.yaml; systemctl reset-failed vedette-agent; systemctl start vedette-agent',
  );
  const errors = (await entries(box, '-p err')).filter((one) => one.SYSLOG_IDENTIFIER === 'vedette-agent');
  const wrong = errors.filter((one) => Number(one.PRIORITY) > 3);
  const [port] = errors.filter((one) => one.VEDETTE_PORT === '8090');
  if (wrong.length > 0 || !port) throw new Error(`not as expected: ${JSON.stringify(errors)}`);
  return `${errors.length} errors: ${errors.map((one) => `"${one.MESSAGE.split('\n')[0]}"`).join(', ')}`;
}
