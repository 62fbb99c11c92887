/** Who is signed in: asks the hub, signs in with a one-time code, a token or a password, or sends to the identity provider; falls back to signed out on any 401. */
import { type ReadonlySignal, signal } from '@preact/signals';
import type { Identity } from '../../contract/identity.ts';
import { type Api, ApiError, type Proof } from '../hub/api.ts';

export type SessionState =
  | { readonly kind: 'checking' }
  /** `atProvider`: he has signed out here, and is perhaps still signed in at the identity provider. */
  | { readonly kind: 'signed-out'; readonly reason?: string; readonly atProvider?: boolean }
  /** Somebody came by the link of an invitation, and has not chosen a password yet. */
  | { readonly kind: 'invited'; readonly invitation: string }
  /** Somebody came by the link of a notification; he may be signed in or not. */
  | { readonly kind: 'asked'; readonly acknowledge: string }
  /** `notice`: what he has to be told first. */
  | { readonly kind: 'signed-in'; readonly identity: Identity; readonly notice?: string }
  /** The hub could not be asked. */
  | { readonly kind: 'unreachable'; readonly reason: string };

export interface Session {
  readonly state: ReadonlySignal<SessionState>;
  /** Signs in with `code` if there is one, else asks whether the cookie still counts. */
  begin(code?: string): Promise<void>;
  /** Asks who is signed in after a sign-in by the identity provider that did not work. */
  cameBack(why: string): Promise<void>;
  /** @returns why it failed, or undefined when signed in */
  signIn(proof: Proof): Promise<ApiError | undefined>;
  /** Whoever came by the link of an invitation chooses a password first. */
  invited(invitation: string): void;
  /** Whoever came by the link of a notification is asked first whether he takes care of it. */
  asked(acknowledge: string): void;
  /** @returns why it failed, or undefined when signed in */
  join(proof: JoinProof): Promise<ApiError | undefined>;
  signOut(): Promise<void>;
  /** The hub said 401. */
  lost(): void;
}

/** With what an invitation is accepted. */
export type JoinProof = Parameters<Api['join']>[0];

export function createSession(api: Pick<Api, 'me' | 'signIn' | 'join' | 'signOut'>): Session {
  const state = signal<SessionState>({ kind: 'checking' });

  async function attempt(work: () => Promise<Identity>): Promise<ApiError | undefined> {
    try {
      state.value = { kind: 'signed-in', identity: await work() };
      return undefined;
    } catch (error) {
      if (error instanceof ApiError) return error;
      throw error;
    }
  }

  async function check(reason?: string): Promise<void> {
    const failure = await attempt(api.me);
    if (!failure) return;
    if (failure.status === 401) state.value = { kind: 'signed-out', ...(reason ? { reason } : {}) };
    else state.value = { kind: 'unreachable', reason: failure.message };
  }

  return {
    state,
    async begin(code) {
      state.value = { kind: 'checking' };
      if (code === undefined) return check();
      const failure = await attempt(() => api.signIn({ code }));
      // A link that is used twice still finds the session it made the first time.
      if (failure) await check(`The sign-in link did not work: ${failure.message}`);
    },
    async cameBack(why) {
      await check(why);
      if (state.value.kind === 'signed-in') state.value = { ...state.value, notice: why };
    },
    signIn: (proof) => attempt(() => api.signIn(proof)),
    invited(invitation) {
      state.value = { kind: 'invited', invitation };
    },
    asked(acknowledge) {
      state.value = { kind: 'asked', acknowledge };
    },
    join: (proof) => attempt(() => api.join(proof)),
    async signOut() {
      const before = state.value;
      try {
        await api.signOut();
        const atProvider = before.kind === 'signed-in' && before.identity.provider === true;
        state.value = { kind: 'signed-out', ...(atProvider ? { atProvider } : {}) };
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        state.value = { kind: 'unreachable', reason: `You are still signed in on this browser: ${why}` };
      }
    },
    lost() {
      if (state.value.kind === 'signed-in')
        state.value = { kind: 'signed-out', reason: 'Your session has ended. Sign in again to continue.' };
    },
  };
}
