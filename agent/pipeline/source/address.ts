/** Addresses of sources: files, and URLs whose passwords nobody else may see. */
import path from 'node:path';

/** A relative file name becomes absolute, from `folder`: runners work in a folder of their own. URLs stay as they are. */
export function absoluteAddress(url: string, folder: string): string {
  return /^[a-z][a-z0-9+.-]+:/i.test(url) ? url : path.resolve(folder, url);
}

/** The address without user and password, for logs and reports. */
export function withoutCredentials(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]+:\/\/)[^/?#]*@/i, '$1');
}
