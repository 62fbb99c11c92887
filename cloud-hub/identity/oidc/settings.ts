/** The file of `--oidc-file`: the identity provider, and what its claims mean here. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { name } from '../../../shared/contract/names.ts';
import { messageOf } from '../../../shared/kit/errors.ts';
import { isLoopback } from '../../../shared/kit/loopback.ts';
import { complaintsOf, describeComplaints } from '../../../shared/kit/schema.ts';
import { readYamlText } from '../../../shared/kit/yaml.ts';
import { role } from '../../contract/identity.ts';

const claim = z.string().min(1).max(256);
const value = z.string().min(1).max(256);

export const oidcSettings = z.strictObject({
  issuer: z
    .url({ protocol: /^https?$/, error: 'must be the address of the provider, as it stands in its discovery document' })
    .max(2048)
    .refine((text) => text.startsWith('https:') || isLoopback(new URL(text).hostname), {
      error: 'must be https: what the provider says decides who may come in',
    }),
  clientId: z.string().min(1).max(256).describe('under which the provider knows this hub'),
  clientSecretFile: z.string().min(1).optional().describe('absent: a public client, which has PKCE alone'),
  clientAuth: z.enum(['basic', 'post']).default('basic').describe('how the secret is sent to the provider'),
  title: z.string().min(1).max(64).default('single sign-on').describe('what people read: Sign in with TITLE'),
  scopes: z.array(value).max(32).default(['openid', 'profile', 'email']),
  role: z
    .strictObject({
      claim: claim.describe('claim whose values say what a person may do, for example groups'),
      values: z
        .record(value, role)
        .refine((values) => Object.keys(values).length > 0 && Object.keys(values).length <= 500, {
          error: 'must have 1 to 500 values',
        })
        .describe('role of each value; of several the one that may do most'),
    })
    .optional()
    .describe('absent: an admin of this hub decides; else the role is set anew at each sign-in'),
  scope: z
    .strictObject({
      claim: claim.describe('claim that says which devices a person sees'),
      label: name.optional().describe('its value is that of this label; absent: its values are LABEL=VALUE'),
    })
    .optional()
    .describe('absent: an admin of this hub decides; of admins it is not asked'),
  newPeople: z
    .strictObject({
      domains: z
        .array(z.string().regex(/^[a-z0-9.-]{1,253}$/))
        .max(100)
        .default([])
        .describe('of verified e-mail addresses'),
      values: z.array(value).max(100).default([]).describe('of the claim of roles, for example groups'),
    })
    .default({ domains: [], values: [] })
    .describe('who is let in without an invitation; nobody else is'),
});
export type OidcSettings = z.infer<typeof oidcSettings> & { readonly clientSecret: string | undefined };

/** Longer files are none of these; in characters. */
const MAX_TEXT = 65_536;

/** @throws Error that names the file and each field that is wrong */
export function readOidcFile(file: string): OidcSettings {
  const where = `--oidc-file: ${file}`;
  let input: unknown;
  try {
    input = readYamlText(readFileSync(file, 'utf8').slice(0, MAX_TEXT));
  } catch (error) {
    throw new Error(`${where}: ${messageOf(error)}`, { cause: error });
  }
  const parsed = oidcSettings.safeParse(input);
  if (!parsed.success) throw new Error(`${where}: ${describeComplaints(complaintsOf(parsed.error, input))}`);
  const { data } = parsed;
  if (data.newPeople.values.length > 0 && data.role === undefined)
    throw new Error(`${where}: newPeople.values: are values of the claim of roles: set role too`);
  if (!data.scopes.includes('openid')) throw new Error(`${where}: scopes: must have openid`);
  return { ...data, clientSecret: secretOf(data.clientSecretFile, file) };
}

/** A relative path is one beside the file. */
function secretOf(named: string | undefined, beside: string): string | undefined {
  if (named === undefined) return undefined;
  const file = path.resolve(path.dirname(beside), named);
  try {
    const secret = readFileSync(file, 'utf8').trim();
    if (secret === '') throw new Error('is empty');
    return secret;
  } catch (error) {
    throw new Error(`--oidc-file: ${beside}: clientSecretFile: ${messageOf(error)}`, { cause: error });
  }
}
