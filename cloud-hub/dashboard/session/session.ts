/** Who is signed in: asks the hub, signs in with a one-time code or a token, and falls back to signed out on any 401. */
import { type ReadonlySignal, signal } from '@preact/signals';
import type { Identity } from '../../contract/identity.ts';
import { type Api, ApiError, type Proof } from '../hub/api.ts';

export type SessionState =
  | { readonly kind: 'checking' }
  | { readonly kind: 'signed-out'; readonly reason?: string }
  /** Somebody came by the link of an invitation, and has not chosen a password yet. */
  | { readonly kind: 'invited'; readonly invitation: string }
  /** Somebody came by the link of a notification; he may be signed in or not. */
  | { readonly kind: 'asked'; readonly acknowledge: string }
  | { readonly kind: 'signed-in'; readonly identity: Identity }
  /** The hub could not be asked. */
  | { readonly kind: 'unreachable'; readonly reason: string };

export interface Session {
  readonly state: ReadonlySignal<SessionState>;
  /** Signs in with `code` if there is one, else asks whether the cookie still counts. */
  begin(code?: string): Promise<void>;
  /** @returns why it failed, or undefined when signed in */
  signIn(proof: Proof): Promise<string | undefined>;
  /** Whoever came by the link of an invitation chooses a password first. */
  invited(invitation: string): void;
  /** Whoever came by the link of a notification is asked first whether he takes care of it. */
  asked(acknowledge: string): void;
  /** @returns why it failed, or undefined when signed in */
  join(invitation: string, password: string): Promise<string | undefined>;
  signOut(): Promise<void>;
  /** The hub said 401. */
  lost(): void;
}

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
    async signIn(proof) {
      return (await attempt(() => api.signIn(proof)))?.message;
    },
    invited(invitation) {
      state.value = { kind: 'invited', invitation };
    },
    asked(acknowledge) {
      state.value = { kind: 'asked', acknowledge };
    },
    async join(invitation, password) {
      return (await attempt(() => api.join(invitation, password)))?.message;
    },
    async signOut() {
      try {
        await api.signOut();
        state.value = { kind: 'signed-out' };
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
