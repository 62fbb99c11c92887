/**
 * The identity provider by OpenID Connect: authorization code with PKCE. `openid-client` checks state, `iss` of the answer (RFC
 * 9207), and of the ID token the signature (also where TLS would do), issuer, audience, times and nonce.
 */
import * as oidc from 'openid-client';
import type { Clock } from '../../../shared/kit/clock.ts';
import { messageOf } from '../../../shared/kit/errors.ts';
import type { Claims } from './claims.ts';
import type { OidcSettings } from './settings.ts';

/** Why the provider's answer does not let anybody in. */
export type ProviderFault = 'cancelled' | 'gone' | 'clock' | 'invalid';

export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly fault: ProviderFault;
  constructor(fault: ProviderFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}

/** What ties an answer to the browser that asked. */
export interface Checks {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

export interface Provider {
  /** Where to send a browser. @throws ProviderError */
  authorization(checks: Checks): Promise<URL>;
  /** @param answered the address to which the browser came back. @throws ProviderError */
  claims(answered: URL, checks: Checks): Promise<Claims>;
  /** Where a browser ends its session at the provider; undefined when that has no such page. @throws ProviderError */
  endSession(): Promise<URL | undefined>;
}

/** How long what the provider says of itself counts. Its keys are asked for at each sign-in. */
const METADATA_MS = 5 * 60_000;
const TIMEOUT_S = 10;
const MAX_ANSWER = 1 << 20;
/** Of the clocks, to either side; in seconds. */
const TOLERANCE_S = 60;
/**
 * At most 255 characters (OpenID Connect Core 1.0, section 2), each of which a database gives back as it was. Others are kept as a
 * replacement character, so that two people would be the same one. Not only ASCII: some providers have user names in it.
 */
const SUBJECT = /^[^\p{Cc}\p{Cs}]{1,255}$/u;

export interface ProviderOptions {
  readonly settings: OidcSettings;
  /** Address of the hub's callback. */
  readonly redirectUri: string;
  /** Where the provider sends people whose session it ended. */
  readonly home: string;
  readonly clock: Pick<Clock, 'mono'>;
}

export const newChecks = (): Checks => ({
  state: oidc.randomState(),
  nonce: oidc.randomNonce(),
  verifier: oidc.randomPKCECodeVerifier(),
});

export function createProvider({ settings, redirectUri, home, clock }: ProviderOptions): Provider {
  const { issuer, clientId, clientSecret, clientAuth } = settings;
  const auth =
    clientSecret === undefined
      ? oidc.None()
      : clientAuth === 'post'
        ? oidc.ClientSecretPost(clientSecret)
        : oidc.ClientSecretBasic(clientSecret);
  const metadata = { [oidc.clockTolerance]: TOLERANCE_S };
  let known: { readonly server: oidc.ServerMetadata; readonly at: number } | undefined;

  /** A new one each time: it has no keys yet, so a key that the provider has changed is never an old one. */
  const configuration = async (): Promise<oidc.Configuration> => {
    if (!known || clock.mono() - known.at > METADATA_MS) {
      const execute = issuer.startsWith('http:') ? [oidc.allowInsecureRequests] : [];
      const options = { execute, timeout: TIMEOUT_S, [oidc.customFetch]: boundedFetch };
      const found = await oidc.discovery(new URL(issuer), clientId, metadata, auth, options);
      known = { server: found.serverMetadata(), at: clock.mono() };
    }
    const made = new oidc.Configuration(known.server, clientId, metadata, auth);
    made.timeout = TIMEOUT_S;
    made[oidc.customFetch] = boundedFetch;
    if (issuer.startsWith('http:')) oidc.allowInsecureRequests(made);
    oidc.enableNonRepudiationChecks(made);
    return made;
  };

  const asked = async <T>(work: (config: oidc.Configuration) => Promise<T> | T): Promise<T> => {
    try {
      return await work(await configuration());
    } catch (error) {
      throw new ProviderError(faultOf(error), messageOf(error), { cause: error });
    }
  };

  return {
    authorization: ({ state, nonce, verifier }) =>
      asked(async (config) =>
        oidc.buildAuthorizationUrl(config, {
          ...{ redirect_uri: redirectUri, scope: settings.scopes.join(' '), state, nonce },
          ...{ code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' },
        }),
      ),

    claims: (answered, { state, nonce, verifier }) =>
      asked(async (config) => {
        const tokens = await oidc.authorizationCodeGrant(config, answered, {
          ...{ expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true },
        });
        const claims = tokens.claims();
        if (!claims) throw new Error('the provider gave no ID token');
        if (!SUBJECT.test(claims.sub))
          throw new Error(
            'the subject (sub) must have 1 to 255 characters, none of them a control character or half a character',
          );
        return claims;
      }),

    endSession: () =>
      asked((config) =>
        config.serverMetadata().end_session_endpoint === undefined
          ? undefined
          : oidc.buildEndSessionUrl(config, { post_logout_redirect_uri: home }),
      ),
  };
}

/** An answer that is too long, or leads elsewhere, is none. */
async function boundedFetch(url: string, { body, ...options }: oidc.CustomFetchOptions): Promise<Response> {
  const sent = { ...options, ...(body === undefined ? {} : { body }), redirect: 'manual' as const };
  const response = await fetch(url, sent);
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.length;
    if (bytes > MAX_ANSWER) throw new Error('the answer of the provider is too long');
    parts.push(part);
  }
  const { status, headers } = response;
  return new Response(parts.length === 0 ? null : Buffer.concat(parts), { status, headers });
}

function faultOf(error: unknown): ProviderFault {
  if (error instanceof oidc.AuthorizationResponseError)
    return error.error === 'access_denied' ? 'cancelled' : 'invalid';
  if (!(error instanceof oidc.ClientError)) return error instanceof TypeError ? 'gone' : 'invalid';
  if (error.code === 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED') return 'clock';
  return error.code === 'OAUTH_TIMEOUT' || error.code === 'OAUTH_RESPONSE_IS_NOT_CONFORM' ? 'gone' : 'invalid';
}
