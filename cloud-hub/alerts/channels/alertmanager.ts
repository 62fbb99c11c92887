/** Prometheus Alertmanager: alerts by its API v2 (`POST /api/v2/alerts`), which drops what it has. */
import { post } from '../post.ts';
import type { Send } from './channel.ts';

/** What fires and is not told again ends there by itself. */
const FIRES_FOR_MS = 86_400_000;

export const alertmanager: Send = async ({ channel, secret, notification, addresses, signal }) => {
  const { rule, severity, alerts, at, acknowledge } = notification;
  const now = Date.parse(at);
  const body = JSON.stringify(
    alerts.map(({ device, subject, state, since, text, count }) => ({
      labels: { alertname: rule, severity, device, ...(subject === '' ? {} : { subject }), source: 'vedette' },
      annotations: {
        ...{ summary: text, count: String(count), notification: notification.id },
        ...(acknowledge === undefined ? {} : { acknowledge }),
      },
      startsAt: since,
      endsAt: state === 'firing' ? new Date(now + FIRES_FOR_MS).toISOString() : at,
    })),
  );
  const base = (channel.url ?? '').replace(/\/+$/, '');
  const headers = {
    'content-type': 'application/json',
    ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }),
  };
  await post({ url: `${base}/api/v2/alerts`, headers, body, addresses, signal });
};
