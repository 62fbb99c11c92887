/**
 * The service worker of the dashboard: shows notifications of alerts that come by Web Push, also while no page is open. A classic
 * script of the hub's own folder, with no import: browsers start it alone. What comes is made by cloud-hub/alerts/push/message.ts.
 *
 * A notification with the same id replaces the one that is shown: whoever gets a repeat sees it once.
 */
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('push', (event) => {
  event.waitUntil(show(event.data));
});

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(openAlerts());
});

// The browser has changed address and keys: the hub is told, with the session that the browser has.
self.addEventListener('pushsubscriptionchange', (event) => {
  event.waitUntil(renew(event));
});

/** Browsers demand that something is shown for each push, also for one that cannot be read. */
async function show(data) {
  const { id, title, text, state, severity } = read(data);
  await self.registration.showNotification(title, {
    body: text,
    tag: id,
    icon: new URL('mark.svg', self.registration.scope).href,
    requireInteraction: severity === 'critical' && state === 'firing',
  });
}

function read(data) {
  try {
    const { id, title, text, state, severity } = data.json();
    if ([id, title, text].every((one) => typeof one === 'string')) return { id, title, text, state, severity };
  } catch {
    // Said below.
  }
  return { id: 'unread', title: 'Vedette', text: 'Something fires: see the page of alerts.' };
}

async function openAlerts() {
  const page = new URL('alerts', self.registration.scope).href;
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const open = windows.find((one) => one.url.startsWith(self.registration.scope));
  if (!open) return self.clients.openWindow(page);
  await open.focus();
  return open.url === page ? undefined : open.navigate(page);
}

async function renew({ oldSubscription, newSubscription }) {
  const options = oldSubscription?.options ?? { userVisibleOnly: true };
  const made = newSubscription ?? (await self.registration.pushManager.subscribe(options));
  const { endpoint, keys } = made.toJSON();
  await fetch(new URL('api/v1/push-subscriptions', self.registration.scope), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ endpoint, keys: { p256dh: keys.p256dh, auth: keys.auth } }),
  });
}
