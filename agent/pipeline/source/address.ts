/** Addresses of sources: files, and URLs whose passwords nobody else may see. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { SourceConfig } from '../../../shared/contract/config/source.ts';
import { CodedError, messageOf } from '../../../shared/kit/errors.ts';

/** A relative file name becomes absolute, from `folder`: runners work in a folder of their own. URLs and `-` stay. */
export function absoluteAddress(url: string, folder: string): string {
  return url === '-' || /^[a-z][a-z0-9+.-]+:/i.test(url) ? url : path.resolve(folder, url);
}

/** A source whose file names are all absolute. */
export function absoluteSource(source: SourceConfig, folder: string): SourceConfig {
  const { passwordFile } = source;
  return {
    ...source,
    url: absoluteAddress(source.url, folder),
    ...(passwordFile === undefined ? {} : { passwordFile: path.resolve(folder, passwordFile) }),
  };
}

/** The address without user, password and secrets in its query, for logs and reports; also one within a sentence. */
export function withoutCredentials(text: string): string {
  return (
    text
      // A password may hold what an address may not; everything up to the last "@" goes where a ":" comes before it.
      .replaceAll(/([a-z][a-z0-9+.-]+:\/\/)(?:[^\s/?#]*@|[^\s:]*:[^\s]*@)/gi, '$1')
      .replaceAll(/([?&][^=&\s]*(?:pass|pwd|secret|token|auth|key)[^=&\s]*=)[^&\s]*/gi, '$1***')
  );
}

/**
 * The address with the source's `user` and the password that its file holds now.
 * @throws CodedError `source-auth` when the file cannot be read
 */
export function withCredentials({ url, user, passwordFile }: SourceConfig): string {
  if (user === undefined || passwordFile === undefined) return url;
  let password: string;
  try {
    password = readFileSync(passwordFile, 'utf8').trim();
  } catch (error) {
    throw new CodedError('source-auth', `${withoutCredentials(url)}: passwordFile: ${messageOf(error)}`);
  }
  const credentials = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
  return url.replace(/^([a-z][a-z0-9+.-]+:\/\/)(?:[^/?#]*@)?/i, (_, scheme: string) => `${scheme}${credentials}@`);
}
