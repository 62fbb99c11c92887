/** Addresses of sources: files, and URLs whose passwords nobody else may see. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { SourceConfig } from '../../../shared/contract/config/source.ts';
import { CodedError, messageOf } from '../../../shared/kit/errors.ts';
import { shownAddress } from '../../../shared/kit/shown-address.ts';

/** A relative file name becomes absolute, from `folder`: runners work in a folder of their own. URLs and `-` stay. */
export function absoluteAddress(url: string, folder: string): string {
  return url === '-' || /^[a-z][a-z0-9+.-]+:/i.test(url) ? url : path.resolve(folder, url);
}

/** A source whose file names are all absolute: its address, and each key that ends with `File`. */
export function absoluteSource<T extends { readonly url: string }>(source: T, folder: string): T {
  const files = Object.entries(source).flatMap(([key, file]) =>
    key.endsWith('File') && typeof file === 'string' ? [[key, path.resolve(folder, file)]] : [],
  );
  return { ...source, ...Object.fromEntries(files), url: absoluteAddress(source.url, folder) };
}

/**
 * The address with the source's `user` and the password that its file holds now.
 * @throws CodedError `source-auth` when the file cannot be read
 */
export function withCredentials({
  url,
  user,
  passwordFile,
}: Pick<SourceConfig, 'url' | 'user' | 'passwordFile'>): string {
  if (user === undefined || passwordFile === undefined) return url;
  let password: string;
  try {
    password = readFileSync(passwordFile, 'utf8').trim();
  } catch (error) {
    throw new CodedError('source-auth', `${shownAddress(url)}: passwordFile: ${messageOf(error)}`);
  }
  const credentials = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
  return url.replace(/^([a-z][a-z0-9+.-]+:\/\/)(?:[^/?#]*@)?/i, (_, scheme: string) => `${scheme}${credentials}@`);
}
