/**
 * MQTT: the notification as a CloudEvent, as of a webhook, to a topic of any broker (QoS 1, not retained). It has arrived when the
 * broker has confirmed it. Each delivery has a connection of its own, to the address that was checked.
 */
import { connect as connectPlain, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { createLink } from '../../../shared/kit/link.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import type { Send } from './channel.ts';
import { cloudEventOf } from './cloud-event.ts';

const PORT = 1883;
const TLS_PORT = 8883;

export const mqtt: Send = async ({ channel, secret, notification, picture, addresses, clock, signal }) => {
  const target = new URL(channel.url ?? '');
  const { address } = await addresses.checked(target.hostname);
  signal.throwIfAborted();
  const host = target.hostname.replace(/^\[(.*)\]$/, '$1');
  const isTls = target.protocol === 'mqtts:';
  const port = target.port === '' ? (isTls ? TLS_PORT : PORT) : Number(target.port);
  const open = async (): Promise<Duplex> =>
    isTls
      ? // The certificate has to be of the name, not of the address.
        connectTls({ host: address, port, ...(isIP(host) === 0 ? { servername: host } : {}) })
      : connectPlain({ host: address, port });
  const link = createLink({
    url: `${target.protocol}//${target.host}`,
    clientId: `vedette-alert-${notification.id}`,
    ...(channel.user === undefined ? {} : { username: channel.user }),
    ...(secret === undefined ? {} : { password: secret }),
    open,
    onComplaint: (message) => failed(new Error(message)),
    clock,
    // What becomes of a delivery is in the outbox.
    log: createLogger('alerts', 'silent'),
  });
  let failed: (reason: Error) => void = () => undefined;
  const stop = () => failed(new Error('stopped'));
  signal.addEventListener('abort', stop, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      failed = reject;
      link.onUp(resolve);
      link.start();
    });
    const payload = JSON.stringify(cloudEventOf(notification, channel.pictures ? picture : undefined));
    await link.publish({ topic: channel.topic ?? '', payload, qos: 1, retain: false });
  } finally {
    signal.removeEventListener('abort', stop);
    await link.stop();
  }
};
