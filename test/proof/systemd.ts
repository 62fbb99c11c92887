/**
 * The packages under a real systemd, on two machines: a hub and a box. From `apt install` to records at the hub, then everything that
 * can happen to them: a hanging runner, a reboot, upgrades good and bad, removal.
 */
import { copyFileSync, cpSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { ledger } from './hub-ledger.ts';
import { proveErrors, proveFields } from './journal.ts';
import type { Machine } from './machine.ts';
import type { Packages } from './packages.ts';

export interface SystemdProof {
  readonly hub: Machine;
  readonly box: Machine;
  readonly packages: Packages;
  /** Folder of a model package for the box. */
  readonly model: string;
  /** Runs a step and says how long it took. */
  readonly step: (what: string, run: () => Promise<string>) => Promise<void>;
}

const ACTIVE = /^active$/m;
const isActive = (unit: string) => `systemctl is-active ${unit}`;
const STATUS = 'systemctl show -P StatusText vedette-agent';
/** What it analyses, when it runs as it should. */
const FLOWS = /^1 of 1 streams run, [1-9][\d.]* frames per second; connected/;

const STREAM = `streams:
  gate:
    source: test:testsrc2
    model: people
    fps: 2
    rules: []
`;

export async function proveSystemd({ hub, box, packages, model, step }: SystemdProof): Promise<void> {
  const install = (machine: Machine, file: string) => {
    copyFileSync(file, path.join(machine.root, 'root', path.basename(file)));
    return machine.sh(`apt-get install -y --allow-downgrades /root/${path.basename(file)}`);
  };
  const scores = (machine: Machine, unit: string) =>
    machine.sh(`systemd-analyze verify ${unit}.service && systemd-analyze security ${unit}.service | tail -n 1`);
  /** Records at the hub, which must become more. */
  const more = async (since: { records: number }) => {
    const text = await hub.wait('records arrive', ledger('gate-3'), new RegExp(`^(?!${since.records} )\\d+ records`));
    const records = Number(text.split(' ', 1)[0]);
    if (records <= since.records || !text.includes(' 0 gaps')) throw new Error(`the hub has ${text}`);
    since.records = records;
    return text.trim();
  };
  const seen = { records: 0 };
  let claim = '';
  const began = performance.now();

  await step('the hub: apt install, READY', async () => {
    await install(hub, packages.hub);
    return hub
      .wait('the hub runs', isActive('vedette-hub'), ACTIVE)
      .then(() => hub.sh('systemctl show -P StatusText vedette-hub'));
  });
  await step('a claim', async () => {
    claim = (await hub.sh('vedette-hub claim create --uses 2 --expires 1d --label site=berlin')).trim();
    return `${claim.slice(0, 9)}…`;
  });
  await step('the box: apt install; without a configuration nothing runs', async () => {
    await install(box, packages.agent);
    const state = (await box.sh('systemctl is-active vedette-agent || true')).trim();
    if (state !== 'inactive') throw new Error(`the agent is ${state}`);
    return state;
  });
  await step('enrol by the claim', async () => {
    await box.sh('umask 077; cat > /root/claim', claim);
    const said = await box.sh(
      `vedette-agent enroll --hub https://${hub.address}:8443 --token-file /root/claim --name gate-3`,
    );
    return said.trim().split('\n').at(-1) ?? '';
  });
  await step('a stream and a model; start, READY, frames', async () => {
    cpSync(model, path.join(box.root, 'srv/people'), { recursive: true, dereference: true });
    await box.sh(
      `chmod -R a+rX /srv/people; cd /etc/vedette-agent; grep -v '^models:\\|^streams:' agent.yaml > /tmp/a; ` +
        `{ cat /tmp/a; printf 'models: { people: /srv/people }\\n'; cat; } > agent.yaml; systemctl start vedette-agent`,
      STREAM,
    );
    return box.wait('frames', STATUS, FLOWS);
  });
  await step('records at the hub over mTLS', () => more(seen));
  console.log(`   from a bare box to records at the hub: ${Math.round((performance.now() - began) / 1000)} s`);
  await step('the journal has fields', () => proveFields(box));
  await step('journalctl -p err', async () => {
    const said = await proveErrors(box);
    await box.wait('frames', STATUS, FLOWS);
    return said;
  });
  await step('no token: the device has a certificate alone', async () => {
    const tokens = await box.sh("grep -rIl 'tokenFile' /etc/vedette-agent /var/lib/vedette-agent/*.json || true");
    if (tokens.trim() !== '') throw new Error(`there is a token: ${tokens}`);
    return (await box.sh('stat -c "%a %U %n" /var/lib/vedette-agent/identity.json')).trim();
  });
  await step('sandbox of the hub', () => scores(hub, 'vedette-hub'));
  await step('sandbox of the agent', () => scores(box, 'vedette-agent'));
  await step('sandbox of the agent with cameras', async () => {
    await box.sh(
      'mkdir -p /etc/systemd/system/vedette-agent.service.d && ' +
        'ln -s /usr/share/vedette-agent/cameras.conf /etc/systemd/system/vedette-agent.service.d/ && systemctl daemon-reload',
    );
    const score = await scores(box, 'vedette-agent');
    await box.sh('systemctl restart vedette-agent');
    await box.wait('frames', STATUS, FLOWS);
    await box.sh(
      'rm -r /etc/systemd/system/vedette-agent.service.d && systemctl daemon-reload && systemctl restart vedette-agent',
    );
    return score;
  });
  await step('the journal has neither the claim nor the token of the hub', async () => {
    const token = (await hub.sh('cat /var/lib/vedette-hub/admin.token')).trim();
    const secret = claim.split('.').at(-1) ?? claim;
    const found = `${await hub.sh('journalctl -o cat')}${await box.sh('journalctl -o cat')}`;
    if (found.includes(token) || found.includes(secret)) throw new Error('a secret is in the journal');
    return `${found.length} characters`;
  });
  await step('a stopped runner trips the watchdog, and frames come again', async () => {
    await box.wait('frames', STATUS, FLOWS);
    await box.sh("pkill -STOP -f '[r]unner/child.js'");
    await box.wait('the watchdog', 'journalctl -o cat -u vedette-agent', /Watchdog timeout/, 240_000);
    await box.wait('frames', STATUS, FLOWS);
    return `${(await box.sh('systemctl show -P NRestarts vedette-agent')).trim()} restart; ${await more(seen)}`;
  });
  await step('a reboot of the box', async () => {
    await box.reboot();
    await box.wait('frames', STATUS, FLOWS);
    return more(seen);
  });
  await step('a reboot of the hub', async () => {
    await hub.reboot();
    await hub.wait('the hub runs', isActive('vedette-hub'), ACTIVE);
    return more(seen);
  });
  const version = () => box.sh('vedette-agent --version').then((text) => text.trim());
  await step('an upgrade: data and configuration stay, the version before is kept', async () => {
    await install(box, packages.agentNext);
    await box.wait('frames', STATUS, FLOWS);
    await box.sh('test -x /usr/lib/vedette-agent.previous/node');
    return `${await version()}; ${await more(seen)}`;
  });
  await step('healthy for a while: the version before is removed', async () => {
    await box.sh('SETTLE_US=1000000 /usr/libexec/vedette-agent/settle');
    return (await box.sh('test ! -e /usr/lib/vedette-agent.previous && echo removed')).trim();
  });
  await step('an upgrade whose start fails: the version before comes back', async () => {
    await install(box, packages.agentBroken);
    await box.wait('frames', STATUS, FLOWS, 240_000);
    return `${await version()}; ${await more(seen)}`;
  });
  await step('one that also spoils the database: the copy comes back too', async () => {
    await install(box, packages.agentNewer);
    await box.wait('frames', STATUS, FLOWS, 240_000);
    const aside = await box.sh('ls -d /var/lib/vedette-agent/set-aside-*/data/outbox.db');
    return `${await version()}; ${aside.trim()}; ${await more(seen)}`;
  });
  await step('a good one after both', async () => {
    await install(box, packages.agentLast);
    await box.wait('frames', STATUS, FLOWS);
    return `${await version()}; ${await more(seen)}`;
  });
  await step('purge without an answer: the configuration goes, the data stays', async () => {
    await box.sh('apt-get purge -y vedette-agent');
    return (
      await box.sh('test ! -e /etc/vedette-agent && test ! -e /usr/lib/vedette-agent && ls /var/lib/vedette-agent')
    )
      .trim()
      .replaceAll('\n', ' ');
  });
  await step('purge that was told to: the data goes', async () => {
    await install(box, packages.agent);
    await box.sh(
      "echo 'vedette-agent vedette-agent/purge-data boolean true' | debconf-set-selections && apt-get purge -y vedette-agent",
    );
    return (await box.sh('test ! -e /var/lib/vedette-agent && echo gone')).trim();
  });
}

/** Makes a folder. @returns it */
export function folderFor(parent: string, name: string): string {
  const folder = path.join(parent, name);
  mkdirSync(folder, { recursive: true });
  return folder;
}
