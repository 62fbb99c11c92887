/** Tables of who may sign in, and how (see tables.ts for times and ids). */
import type { Generated } from 'kysely';
import type { Role, SignInWay } from '../contract/identity.ts';

/** An API token of a program, or a person with a password. */
export type TokenKind = 'token' | 'user';

export interface TokenTable {
  id: Generated<number>;
  name: string;
  role: Role;
  hash: string;
  created_at: number;
  kind: Generated<TokenKind>;
  /** As JSON: labels that a device must have to be seen. Null: every device. */
  scope: string | null;
  expires_at: number | null;
}

export interface PasswordTable {
  owner: number;
  hash: string;
  changed_at: number;
}

export interface InvitationTable {
  owner: number;
  hash: string;
  expires_at: number;
}

export interface SessionTable {
  id: Generated<number>;
  hash: string;
  role: Role;
  name: string;
  token: number;
  created_at: number;
  expires_at: number;
  /** How it was begun. */
  way: SignInWay;
}

export interface SignInCodeTable {
  hash: string;
  role: Role;
  token: number;
  expires_at: number;
}

export interface SubjectTable {
  owner: number;
  issuer: string;
  subject: string;
  linked_at: number;
}

export interface SecondFactorTable {
  owner: number;
  /** Sealed. */
  secret: string;
  /** Null: it does not count yet. */
  confirmed_at: number | null;
  /** Newest time step whose code was used. */
  step: Generated<number>;
}
