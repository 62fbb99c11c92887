import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createChild } from '../../../shared/kit/child.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { inheritedEnv, timezoneInForce } from '../../../shared/kit/inherited-env.ts';
import { tempFolder } from '../../support/temp.ts';

test('zone, authorities, proxies and sound settings are passed on, and nothing else', () => {
  const passed = {
    TZ: 'Asia/Tokyo',
    NODE_EXTRA_CA_CERTS: '/ca.pem',
    SSL_CERT_FILE: '/ca.pem',
    https_proxy: 'http://p:1',
    ALSA_CONFIG_PATH: '/asound.conf',
  };
  expect(inheritedEnv({ ...passed, SECRET: 'x', NODE_OPTIONS: '--inspect', LD_PRELOAD: 'x' })).toEqual(passed);
  expect(inheritedEnv({})).toEqual({});
});

test('a child process is in the time zone of its parent', async () => {
  const folder = tempFolder();
  const entry = path.join(folder, 'say.mjs');
  writeFileSync(entry, 'process.send([Intl.DateTimeFormat().resolvedOptions().timeZone, process.env.SECRET ?? null])');
  vi.stubEnv('TZ', 'Asia/Tokyo');
  vi.stubEnv('SECRET', 'x');
  onTestFinished(() => void vi.unstubAllEnvs());
  const answer = await new Promise<unknown>((resolve) => {
    const child = createChild<object, unknown>({
      entry,
      cwd: folder,
      env: {},
      clock: systemClock,
      onMessage: resolve,
    });
    onTestFinished(() => child.stop());
    child.start();
  });
  expect(answer).toEqual(['Asia/Tokyo', null]);
  expect(timezoneInForce()).toMatch(/./);
});
