import { expect, test } from 'vitest';
import { aclFile, configFile, passwordLine, withPassword } from '../../../../cloud-hub/broker/mosquitto/files.ts';
import { channels } from '../../../../shared/contract/channels.ts';

test('each channel has one rule for the device and one for the hub, and nothing is open', () => {
  const lines = aclFile().split('\n');
  const device = lines.filter((line) => line.startsWith('pattern '));
  expect(
    device.every((line) => /^pattern (write vedette\/v1\/%u\/up\/[a-z]+|read vedette\/v1\/%u\/down\/#)$/.test(line)),
  ).toBe(true);
  const up = Object.values(channels).filter((channel) => channel.direction === 'up').length;
  expect(device).toHaveLength(up + 1);
  expect(lines.filter((line) => line.startsWith('topic read '))).toHaveLength(up);
  expect(lines.filter((line) => line.startsWith('topic write '))).toHaveLength(Object.keys(channels).length - up);
  expect(lines.indexOf('user vedette-hub')).toBeLessThan(lines.findIndex((line) => line.startsWith('topic ')));
});

test('the configuration lets nobody in without a password', () => {
  const text = configFile({ port: 8883, host: '::', folder: '/f', tls: { certFile: '/c', keyFile: '/k' } });
  expect(text).toContain(
    'listener 8883 ::\ncertfile /c\nkeyfile /k\ntls_version tlsv1.2\nallow_anonymous false\npassword_file /f/passwords\n',
  );
});

test('a password line is what mosquitto_passwd writes for that salt', () => {
  const line = passwordLine('cam', 'secret', Buffer.from('abcdefghijkl'));
  expect(line).toMatch(/^cam:\$7\$101\$YWJjZGVmZ2hpamts\$[A-Za-z0-9+/]{86}==$/);
});

test('a new password of a user takes the place of the old one', () => {
  const file = withPassword(withPassword(withPassword('', 'a', '1'), 'b', '2'), 'a', '3');
  expect(file.split('\n').map((line) => line.split(':')[0])).toEqual(['b', 'a', '']);
});
