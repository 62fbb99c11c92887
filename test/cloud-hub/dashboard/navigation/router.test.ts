import { expect, test } from 'vitest';
import { createRouter } from '../../../../cloud-hub/dashboard/navigation/router.ts';

/** The browser's edge: an address, a history that keeps its entries, and one listener. */
function browser(href: string, base = '/') {
  const baseURI = new URL(base, href).href;
  const entries = [href];
  let at = 0;
  const scrolls: number[] = [];
  let onPop: () => void = () => undefined;
  const move = (url: string) => {
    entries[at] = new URL(url, baseURI).href;
  };
  const page = {
    document: { baseURI },
    get location() {
      return { href: entries[at] ?? '' };
    },
    history: {
      pushState(_data: unknown, _title: string, url: string) {
        entries.splice(at + 1);
        entries.push(entries[at] ?? '');
        at++;
        move(url);
      },
      replaceState(_data: unknown, _title: string, url: string) {
        move(url);
      },
    },
    addEventListener(kind: 'popstate', listener: () => void) {
      if (kind === 'popstate') onPop = listener;
    },
    scrollTo(_x: number, y: number) {
      scrolls.push(y);
    },
  };
  const go = (steps: number) => {
    at += steps;
    onPop();
  };
  return { page, entries, scrolls, go };
}

test('the address bar and the route are one, forth and back', () => {
  const { page, entries, scrolls, go } = browser('http://hub.example/events?label=car');
  const router = createRouter(page);
  expect(router.route.value).toEqual({ page: 'events', filter: { label: 'car' } });
  router.go({ page: 'device', device: 'gate' });
  expect(router.route.value).toEqual({ page: 'device', device: 'gate' });
  // Another tab of the device is no step of its own, and does not move what is looked at.
  router.go({ page: 'device', device: 'gate', stream: 'yard' }, 'replace');
  expect(entries).toEqual(['http://hub.example/events?label=car', 'http://hub.example/devices/gate?stream=yard']);
  expect(scrolls).toEqual([0]);
  go(-1);
  expect(router.route.value).toEqual({ page: 'events', filter: { label: 'car' } });
  go(1);
  expect(router.route.value).toEqual({ page: 'device', device: 'gate', stream: 'yard' });
  go(-1);
  router.go({ page: 'fleet' });
  expect(entries).toEqual(['http://hub.example/events?label=car', 'http://hub.example/']);
  expect(scrolls).toEqual([0, 0]);
});

test('below a path of a proxy the addresses stay below it', () => {
  const { page, entries } = browser('https://host.example/vedette/devices/gate', '/vedette/');
  const router = createRouter(page);
  expect(router.route.value).toEqual({ page: 'device', device: 'gate' });
  router.go({ page: 'fleet' });
  router.go({ page: 'rollout', id: 'r1' });
  expect(entries.slice(1)).toEqual(['https://host.example/vedette/', 'https://host.example/vedette/rollouts/r1']);
});
