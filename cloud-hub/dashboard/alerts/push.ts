/** This browser's part of Web Push: its service worker, the permission, and its subscription. */
import type { NewPushSubscription } from '../../contract/push.ts';

/** Why this browser cannot get notifications; undefined: it can. */
export function whyNoPush(): string | undefined {
  if (!window.isSecureContext) return 'Browsers give notifications only to pages that were loaded over https.';
  if (!('serviceWorker' in navigator) || !('PushManager' in window))
    return 'This browser has no Web Push (on an iPhone: add the page to the home screen first).';
  if (Notification.permission === 'denied')
    return 'Notifications of this page are blocked: allow them in the settings of the browser.';
  return undefined;
}

/** Asks the person and the browser's push service. @param key of the hub. @throws Error with what is in the way */
export async function subscribeHere(key: string): Promise<NewPushSubscription> {
  if ((await Notification.requestPermission()) !== 'granted') throw new Error('You did not allow notifications.');
  const worker = await registration();
  const before = await worker.pushManager.getSubscription();
  // One that was made for another key (the hub's data folder was lost) would reach nobody.
  if (before) await before.unsubscribe();
  const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  const { endpoint = '', keys: { p256dh = '', auth = '' } = {} } = made.toJSON();
  return { endpoint, keys: { p256dh, auth }, browser: nameOf(navigator.userAgent) };
}

async function registration(): Promise<ServiceWorkerRegistration> {
  await navigator.serviceWorker.register(new URL('push-worker.js', document.baseURI));
  return navigator.serviceWorker.ready;
}

/** `Chrome on Linux`; what is not known is "a browser". */
export function nameOf(agent: string): string {
  const has = (pairs: readonly (readonly [RegExp, string])[]) => pairs.find(([word]) => word.test(agent))?.[1];
  const browser = has([
    [/Edg\//, 'Edge'],
    [/Firefox\//, 'Firefox'],
    [/Chrom(e|ium)\//, 'Chrome'],
    [/Safari\//, 'Safari'],
  ]);
  const system = has([
    [/Android/, 'Android'],
    [/iPhone|iPad/, 'iOS'],
    [/Windows/, 'Windows'],
    [/Mac OS X/, 'macOS'],
    [/Linux|X11/, 'Linux'],
  ]);
  return `${browser ?? 'a browser'}${system === undefined ? '' : ` on ${system}`}`;
}
