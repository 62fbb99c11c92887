/**
 * Sends one model package, or a bare ONNX file, at a time to the hub. XMLHttpRequest, because `fetch` says nothing of how far a body has got; the
 * browser streams the file from the disk.
 *
 * 1. One upload at a time: a second waits for nobody and is ignored. 2. A state of an upload that was cancelled changes nothing.
 */
import { type ReadonlySignal, signal } from '@preact/signals';
import { nameFrom } from '../../../shared/contract/names.ts';
import { type Uploaded, uploaded } from '../../contract/model.ts';
import { reasonIn, uploadUrl } from '../hub/api.ts';

export type UploadState =
  | { readonly kind: 'idle' }
  /** `sent` of `total` bytes have left; when all have, the hub looks into the package. */
  | { readonly kind: 'sending'; readonly file: string; readonly sent: number; readonly total: number }
  | { readonly kind: 'done'; readonly model: Uploaded; readonly isNew: boolean }
  | { readonly kind: 'failed'; readonly file: string; readonly reason: string };

/** What is used of an XMLHttpRequest. */
export interface UploadRequest {
  readonly status: number;
  readonly responseText: string;
  readonly upload: { onprogress: ((event: ProgressEvent) => unknown) | null };
  onload: ((event: ProgressEvent) => unknown) | null;
  onerror: ((event: ProgressEvent) => unknown) | null;
  open(method: string, url: string): void;
  setRequestHeader(name: string, value: string): void;
  send(body: Blob): void;
  abort(): void;
}

export interface UploadOptions {
  readonly open: () => UploadRequest;
}

export interface Upload {
  readonly state: ReadonlySignal<UploadState>;
  start(file: Blob & { readonly name: string }): void;
  /** Ends an upload under way, and forgets how the last one ended. */
  clear(): void;
}

export function createUpload({ open }: UploadOptions): Upload {
  const state = signal<UploadState>({ kind: 'idle' });
  let current: UploadRequest | undefined;

  return {
    state,
    start(file) {
      if (current) return;
      const request = open();
      current = request;
      const end = (to: UploadState) => {
        if (current !== request) return;
        current = undefined;
        state.value = to;
      };
      const fail = (reason: string) => end({ kind: 'failed', file: file.name, reason });
      state.value = { kind: 'sending', file: file.name, sent: 0, total: file.size };
      request.upload.onprogress = ({ loaded }) => {
        if (current === request) state.value = { kind: 'sending', file: file.name, sent: loaded, total: file.size };
      };
      request.onload = () => {
        const body = bodyOf(request.responseText);
        const taken = request.status === 200 || request.status === 201 ? uploaded.safeParse(body) : undefined;
        if (!taken) return fail(reasonIn(body, request.status));
        if (!taken.success)
          return fail("The hub's answer was not understood. If the hub was updated, reload this page.");
        end({ kind: 'done', model: taken.data, isNew: request.status === 201 });
      };
      request.onerror = () => fail('The connection to the hub broke before it answered. Try again.');
      const bare = /\.onnx$/i.test(file.name);
      request.open('POST', bare ? `${uploadUrl}?name=${nameFrom(file.name)}` : uploadUrl);
      request.setRequestHeader('content-type', bare ? 'application/octet-stream' : 'application/gzip');
      request.setRequestHeader('accept', 'application/json');
      request.send(file);
    },
    clear() {
      const request = current;
      current = undefined;
      state.value = { kind: 'idle' };
      request?.abort();
    },
  };
}

function bodyOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
