/** E-mail by SMTP, with the picture of the latest event. The Message-ID is that of the notification: mail programs drop a repeat. */
import { isIP } from 'node:net';
import { createTransport } from 'nodemailer';
import type { Notification } from '../../contract/alert.ts';
import type { Send } from './channel.ts';

const TIMEOUT_MS = 10_000;

function textOf({ text, severity, rule, at, acknowledge }: Notification): string {
  const link = acknowledge === undefined ? '' : `\nI take care of it: ${acknowledge}\n`;
  return `${text}\n\n${severity} · rule ${rule} · ${at}\n${link}`;
}

export const email: Send = async ({ channel, secret, notification, picture, addresses, signal }) => {
  const { host = '', tls = 'starttls', user, from, to = [] } = channel;
  const { address } = await addresses.checked(host);
  const transport = createTransport({
    host: address,
    port: channel.port ?? (tls === 'tls' ? 465 : 587),
    secure: tls === 'tls',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    // The certificate has to be of the name, not of the address.
    ...(isIP(host) === 0 ? { tls: { servername: host } } : {}),
    ...(user === undefined ? {} : { auth: { user, pass: secret ?? '' } }),
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const stop = () => transport.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    await transport.sendMail({
      from,
      to,
      subject: notification.title,
      text: textOf(notification),
      messageId: `<${notification.id}@vedette>`,
      date: new Date(notification.at),
      ...(picture === undefined
        ? {}
        : { attachments: [{ filename: 'event.jpg', content: Buffer.from(picture), contentType: 'image/jpeg' }] }),
    });
  } finally {
    signal.removeEventListener('abort', stop);
    transport.close();
  }
};
