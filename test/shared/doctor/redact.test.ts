/** What is taken out of text, and what stays. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { filesNamedIn, masked, secretsIn } from '../../../shared/doctor/bundle/mask.ts';
import { createRedactor } from '../../../shared/doctor/bundle/redact.ts';

const plain = createRedactor([]);

test.each([
  ['rtsp://admin:hunter2@10.0.0.7:554/live?x=1', 'rtsp://[hidden]@10.0.0.7:554/[hidden]'],
  ['rtsp://10.0.0.7/user=admin_password=tlJwpbo6_channel=1', 'rtsp://10.0.0.7/[hidden]'],
  ['GET https://u:p@w@hub:8443/api/v1/me?token=abc#x', 'GET https://[hidden]@hub:8443/api/v1/me?[hidden]'],
  ['Authorization: Bearer abc.def', 'Authorization: [hidden] [hidden]'],
  ['header Basic dTpw', 'header Basic [hidden]'],
  ['{"password":"a\\"b","n":1}', '{"password":"[hidden]","n":1}'],
  ['{"msg":"{\\"token\\":\\"abc\\"}"}', '{"msg":"{\\"token\\":\\"[hidden]\\"}"}'],
  [String.raw`{"msg":"{\"secret\":\"a\\\"b\",\"n\":1}"}`, String.raw`{"msg":"{\"secret\":\"[hidden]\",\"n\":1}"}`],
  ['api_key=12345, next', 'api_key=[hidden], next'],
  ['passwd: secretword', 'passwd: [hidden]'],
  ['claim vedette1.abc-def.sha256:00 was used', 'claim [hidden] was used'],
  ['-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----\nafter', '[hidden]\nafter'],
  ['{"key":"-----BEGIN PRIVATE KEY-----\\nMIGH\\n-----END PRIVATE KEY-----\\n"}', '{"key":"[hidden]\\n"}'],
  ['a key that was cut -----BEGIN PRIVATE KEY-----\nMIGHAg', 'a key that was cut [hidden]'],
  ['id 3q2-7wAbCdEfGhIjKlMnOpQrStUvWxYz0123456789_ end', 'id [hidden] end'],
  ['deadbeefdeadbeefdeadbeefdeadbeef', '[hidden]'],
])('%s', (text, expected) => {
  expect(plain(text)).toBe(expected);
});

test.each([
  'tokenFile: ./device.token',
  `sha256:${'0f'.repeat(32)}`,
  'stream gate runs, 4.7 frames per second; 12 records wait',
  'mqtts://hub.example:8883 accepts "gate-3" (12 ms)',
  '/usr/lib/vedette-agent/node_modules/onnxruntime-node/lib/index.js',
])('stays: %s', (text) => {
  expect(plain(text)).toBe(text);
});

test('a known secret is gone however it is written, in any text', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 6, unit: 'grapheme' }), fc.string(), fc.string(), (secret, before, after) => {
      fc.pre(secret.trim().length >= 6 && !'[hidden]'.includes(secret.trim()));
      const redact = createRedactor([`${secret}\n`]);
      const value = secret.trim();
      for (const written of [
        value,
        encodeURIComponent(value),
        JSON.stringify(value),
        Buffer.from(value).toString('base64'),
      ])
        expect(redact(`${before} ${written} ${after}`)).not.toContain(written);
    }),
  );
});

test('of a key of many lines each line is gone, wherever it stands', () => {
  const lines = ['MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEH', 'BG0wawIBAQQgabcdefgh'];
  const redact = createRedactor([['-----BEGIN PRIVATE KEY-----', ...lines, '-----END PRIVATE KEY-----'].join('\n')]);
  expect(redact(`x ${lines[1]} y`)).toBe('x [hidden] y');
});

test('a configuration keeps its structure', () => {
  const config = {
    device: 'gate',
    hub: { url: 'mqtts://hub:8883', tokenFile: './t' },
    streams: { a: { source: { url: 'rtsp://u:pw%20x@cam/1', user: 'admin', passwordFile: './p' }, fps: 2 } },
    'x-shared': { password: 12345, list: ['https://h/?key=abc', { secret: { deep: 'yes' } }] },
  };
  expect(masked(config)).toEqual({
    device: 'gate',
    hub: { url: 'mqtts://hub:8883', tokenFile: './t' },
    streams: { a: { source: { url: 'rtsp://[hidden]@cam/[hidden]', user: '[hidden]', passwordFile: './p' }, fps: 2 } },
    'x-shared': { password: '[hidden]', list: ['https://h/?[hidden]', { secret: '[hidden]' }] },
  });
  expect(secretsIn(config).toSorted()).toEqual(
    ['12345', 'abc', 'abc', 'admin', 'pw x', 'pw%20x', 'u', 'u', 'yes'].toSorted(),
  );
  expect(filesNamedIn(config)).toEqual(['./t', './p']);
});
