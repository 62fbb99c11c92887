import { expect, test } from 'vitest';
import { secretsOfEnvironment } from '../../../../shared/doctor/bundle/sources.ts';

test('values of the environment are secrets, but for those that are none by their name or form', () => {
  const secret = { CLOUD_ACCESS: 'sesame', npm_config__authToken: 'npm_abcdef', CAM: 'vedette-agent-7' };
  const plain = {
    ...{ PATH: '/usr/bin:/bin', HOME: '/root', LC_ALL: 'en_GB.UTF-8', USER: 'operator', TZ: 'Europe/Berlin' },
    ...{ npm_package_name: 'vedette', npm_lifecycle_event: 'test:unit', SERVICE: 'vedette', UNIT: 'vedette-hub' },
    ...{ PORT: '1234567', SHORT: 'abcde', SOCKET: '/run/notify', EMPTY: undefined },
  };
  expect(secretsOfEnvironment({ ...plain, ...secret }).toSorted()).toEqual(Object.values(secret).toSorted());
});
