/**
 * What a privacy mask covers is in no picture that leaves the hub for others: the export of the dataset, notifications by webhook, mail
 * and MQTT, and Home Assistant's. The region of `planted-region.ts` is searched in all of them, and without the mask it is found.
 */
import path from 'node:path';
import { connectAsync } from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { receiver } from '../cloud-hub/alerts/receiver.ts';
import { sink } from '../cloud-hub/alerts/smtp-sink.ts';
import { writeWalkerPackage } from '../support/clip.ts';
import { picturesBelow, picturesIn } from '../support/find-pictures.ts';
import { hasMosquitto, startOpenMosquitto, withoutMosquitto } from '../support/mosquitto.ts';
import { maskOfPlanted, searchPlanted, writePlantedClip } from '../support/planted-region.ts';
import { runProgram } from '../support/program.ts';
import { configureAgent, type HubHandle, listAll, startAgent, startHub } from '../support/stack.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';
import { uploadModel } from '../support/upload-model.ts';

const ENOUGH = 3;
const anItem = z.looseObject({});

/** A broker of the plant, and what it is sent. */
async function startBroker() {
  const { url } = await startOpenMosquitto();
  const client = await connectAsync(url);
  onTestFinished(() => void client.end(true));
  const heard: { readonly topic: string; readonly payload: Buffer }[] = [];
  client.on('message', (topic, payload) => heard.push({ topic, payload }));
  await client.subscribeAsync('#', { qos: 1 });
  return { url, below: (prefix: string) => heard.filter(({ topic }) => topic.startsWith(prefix)) };
}

/** Tells each event by a webhook, by mail and by a broker, with its picture. */
async function tellEach(hub: HubHandle, targets: { hook: string; mailPort: number; broker: string }): Promise<void> {
  const put = (route: string, body: object) => hub.api(route, { method: 'PUT', body });
  await put('/alert-channels/hook', { kind: 'webhook', url: targets.hook, pictures: true });
  const people = { from: 'hub@example.com', to: ['ann@example.com'] };
  await put('/alert-channels/mail', {
    kind: 'email',
    host: '127.0.0.1',
    port: targets.mailPort,
    tls: 'none',
    ...people,
  });
  await put('/alert-channels/bus', { kind: 'mqtt', url: targets.broker, topic: 'plant/alerts', pictures: true });
  const told = { channels: ['hook', 'mail', 'bus'], everyS: 0 };
  await put('/alert-rules/each', { condition: { kind: 'event', rule: 'middle' }, ...told });
}

async function run(privacy: object) {
  const folder = tempFolder();
  const hubFolder = path.join(folder, 'hub');
  const clip = path.join(tempFolder(), 'planted.mp4');
  await writePlantedClip(clip);
  const [broker, hook, mail] = [await startBroker(), await receiver(), await sink()];
  const more = [
    '--second-opinion',
    'bright@1.0.0',
    '--alert-networks',
    '127.0.0.1',
    '--home-assistant-url',
    broker.url,
  ];
  const hub = await startHub(folder, undefined, more);
  await uploadModel(hub, hubFolder, writeWalkerPackage(tempFolder()));
  await tellEach(hub, { hook: hook.url, mailPort: mail.port, broker: broker.url });
  const configFile = await configureAgent(folder, hub, {
    models: { walker: writeWalkerPackage(tempFolder()) },
    streams: {
      street: {
        source: { url: clip, loop: true },
        model: 'walker',
        escalate: { choose: [{ kind: 'event' }, { kind: 'random', share: 1 }] },
        privacy,
        rules: [{ kind: 'line', name: 'middle', points: [[0.5, 0], [0.5, 1]] }], // biome-ignore format: two points
      },
    },
  });
  const agent = startAgent(configFile);
  const told = {
    webhook: () => hook.received.flatMap(({ text }) => picturesIn(Buffer.from(text))),
    // Base64 of a mail is broken into lines.
    mail: () => mail.mails.flatMap(({ text }) => picturesIn(Buffer.from(text.replaceAll('\r\n', '')))),
    mqtt: () => broker.below('plant/alerts').flatMap(({ payload }) => picturesIn(payload)),
    homeAssistant: () => broker.below('vedette-home/').flatMap(({ payload }) => picturesIn(payload)),
  };
  for (const [name, pictures] of Object.entries(told))
    await until(() => pictures().length >= ENOUGH, `pictures by ${name}`, 90_000);
  await until(async () => (await listAll(hub, '/dataset', anItem)).length >= 10, 'samples of the dataset', 90_000);
  const set = path.join(tempFolder(), 'set');
  const access = ['--url', `http://127.0.0.1:${hub.httpPort}`, '--token-file', path.join(hubFolder, 'admin.token')];
  const made = await runProgram('cloud-hub/main.js', ['dataset', 'export', set, ...access]);
  expect(made.code, made.stderr).toBe(0);
  agent.process.kill('SIGTERM');
  await agent.ended;
  return {
    dataset: await searchPlanted(picturesBelow(set)),
    webhook: await searchPlanted(told.webhook()),
    mail: await searchPlanted(told.mail()),
    mqtt: await searchPlanted(told.mqtt()),
    homeAssistant: await searchPlanted(told.homeAssistant()),
  };
}

test.skipIf(!hasMosquitto)(
  `what a mask covers is in no picture of the dataset, of alerts and of Home Assistant${withoutMosquitto}`,
  { timeout: 240_000 },
  async () => {
    for (const [name, place] of Object.entries(await run({ masks: [maskOfPlanted] }))) {
      expect(place.looked, name).toBeGreaterThanOrEqual(ENOUGH);
      expect(place.shown, name).toBe(0);
    }
  },
);

test.skipIf(!hasMosquitto)(
  `without a mask the same search finds it in all of these${withoutMosquitto}`,
  { timeout: 240_000 },
  async () => {
    for (const [name, place] of Object.entries(await run({}))) expect(place.shown, name).toBeGreaterThanOrEqual(ENOUGH);
  },
);
