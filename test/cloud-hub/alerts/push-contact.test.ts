/** Whom a push service is told to ask: nobody is made up. */
import { expect, test } from 'vitest';
import { openPushKeys } from '../../../cloud-hub/alerts/push/keys.ts';
import { tempFolder } from '../../support/temp.ts';

/** What a push service reads of the claims. */
function claims(contact: string | undefined): Record<string, unknown> {
  const keys = openPushKeys(tempFolder(), contact);
  const [, text = ''] = keys.authorization('https://push.example', 1_800_000_000).split('.');
  return JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as Record<string, unknown>;
}

test('the contact that was set is named, and without one none is', () => {
  expect(claims('mailto:ann@plant.example')).toMatchObject({ sub: 'mailto:ann@plant.example' });
  expect(claims(undefined)).toEqual({ aud: 'https://push.example', exp: 1_800_043_200 });
});
