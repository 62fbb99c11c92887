/** A real Mosquitto with a certificate of its own authority, as plants have them. */
import { writeFileSync } from 'node:fs';
import { connect } from 'mqtt';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openSamples } from '../../../../../agent/pipeline/source/series/registry.ts';
import type { Sample } from '../../../../../agent/pipeline/source/series/source.ts';
import { sensorSource } from '../../../../../shared/contract/config/sensor-source.ts';
import { type Clock, systemClock } from '../../../../../shared/kit/clock.ts';
import { answers, freePort } from '../../../../support/free-port.ts';
import { createMosquitto, hasMosquitto, withoutMosquitto } from '../../../../support/mosquitto.ts';
import { plantCertificates } from '../../../../support/plant-certificates.ts';
import { tempFolder } from '../../../../support/temp.ts';
import { until } from '../../../../support/until.ts';

async function broker() {
  const folder = tempFolder();
  const at = await plantCertificates(folder);
  const [plain, secure, web] = [await freePort(), await freePort(), await freePort()];
  const tls = `certfile ${at('broker.pem')}\nkeyfile ${at('broker.key')}\ncafile ${at('ca.pem')}\n`;
  writeFileSync(
    at('m.conf'),
    `user root\nallow_anonymous true\nlistener ${plain} 127.0.0.1\nlistener ${secure} 127.0.0.1\n${tls}require_certificate true\n` +
      `listener ${web} 127.0.0.1\nprotocol websockets\n${tls}`,
  );
  const mosquitto = createMosquitto(at('m.conf'), plain);
  await mosquitto.start();
  onTestFinished(() => mosquitto.kill());
  await until(() => answers(secure), 'the listener with TLS');
  await until(() => answers(web), 'the listener of web sockets');
  return { at, plain, secure, web };
}

function listen(source: object) {
  const seen = { opened: 0, samples: [] as Sample[], failure: undefined as { message: string } | undefined };
  // Ten seconds are a moment.
  const hasty: Clock = { ...systemClock, after: (ms, run) => systemClock.after(ms / 5, run) };
  const config = sensorSource.parse({ topic: 'press', values: { bar: 'bar' }, ...source });
  const topic = openSamples(
    {
      source: config,
      channels: ['bar'],
      clientId: `test-${JSON.stringify(source).length}`,
      quietMs: 60_000,
      clock: hasty,
    },
    {
      onOpened: () => void seen.opened++,
      onSamples: async (samples) => void seen.samples.push(...samples),
      onProblem: () => undefined,
      onEnd: (failure) => {
        seen.failure = failure;
      },
    },
  );
  onTestFinished(() => topic.close());
  return seen;
}

describe.skipIf(!hasMosquitto)(`a broker with an authority of its own${withoutMosquitto}`, () => {
  test('certificates, MQTT 5, web sockets; what is retained is no sample; who is not let in says why', async () => {
    const { at, plain, secure, web } = await broker();
    const sender = connect(`mqtt://127.0.0.1:${plain}`);
    onTestFinished(() => sender.endAsync(true));
    await sender.publishAsync('press', '{"bar":99}', { retain: true, qos: 1 });
    const caFile = at('ca.pem');
    const client = { certFile: at('client.pem'), keyFile: at('client.key') };
    const url = `mqtts://localhost:${secure}`;
    const good = [
      listen({ url, caFile, ...client }),
      listen({ url, caFile, ...client, version: '5' }),
      listen({ url: `wss://localhost:${web}`, caFile }),
    ];
    await until(() => good.every((seen) => seen.opened), 'the subscriptions');
    await sender.publishAsync('press', '{"bar":7}', { qos: 1 });
    await until(() => good.every((seen) => seen.samples.length > 0), 'a sample');
    expect(good.map((seen) => seen.samples.map(({ values }) => values[0]))).toEqual([[7], [7], [7]]);

    const bad = [
      listen({ url }),
      listen({ url, caFile }),
      listen({ url, caFile: at('gone.pem') }),
      listen({ url: `mqtts://127.0.0.2:${secure}`, caFile, ...client }),
    ];
    await until(() => bad.every((seen) => seen.failure), 'the failures');
    expect(bad.map((seen) => seen.failure?.message)).toEqual([
      expect.stringMatching(/certificate/i),
      expect.stringMatching(/no connection to the broker/),
      expect.stringMatching(/caFile: .*no such file/i),
      expect.stringMatching(/no connection to the broker/),
    ]);
  });
});
