import { expect, test } from 'vitest';
import { createUpload, type UploadRequest } from '../../../../cloud-hub/dashboard/models/upload.ts';
import { modelOf } from '../rollouts.ts';

class FakeRequest implements UploadRequest {
  status = 0;
  responseText = '';
  upload: UploadRequest['upload'] = { onprogress: null };
  onload: UploadRequest['onload'] = null;
  onerror: UploadRequest['onerror'] = null;
  readonly log: string[] = [];
  open(method: string, url: string): void {
    this.log.push(`${method} ${url}`);
  }
  setRequestHeader(name: string, value: string): void {
    this.log.push(`${name}: ${value}`);
  }
  send(body: Blob): void {
    this.log.push(`${body.size} bytes`);
  }
  abort(): void {
    this.log.push('abort');
  }
  progress(loaded: number): void {
    this.upload.onprogress?.({ loaded } as ProgressEvent);
  }
  answer(status: number, body: unknown): void {
    this.status = status;
    this.responseText = typeof body === 'string' ? body : JSON.stringify(body);
    this.onload?.({} as ProgressEvent);
  }
}

function bench() {
  const requests: FakeRequest[] = [];
  const upload = createUpload({
    open: () => {
      const request = new FakeRequest();
      requests.push(request);
      return request;
    },
  });
  const last = () => requests.at(-1) ?? new FakeRequest();
  return { upload, requests, last };
}

const file = (name = 'bright.tar.gz') => Object.assign(new Blob(['0123456789']), { name });

test('sends the file as it is, says how far it is, and ends with the version', () => {
  const { upload, last } = bench();
  upload.start(file());
  expect(last().log).toEqual([
    'POST api/v1/models',
    'content-type: application/gzip',
    'accept: application/json',
    '10 bytes',
  ]);
  last().progress(4);
  expect(upload.state.value).toEqual({ kind: 'sending', file: 'bright.tar.gz', sent: 4, total: 10 });
  last().answer(201, modelOf('1.0.0'));
  expect(upload.state.value).toEqual({ kind: 'done', model: modelOf('1.0.0'), isNew: true });
  upload.start(file());
  last().answer(200, modelOf('1.0.0'));
  expect(upload.state.value).toMatchObject({ kind: 'done', isNew: false });
});

test('a bare ONNX file is sent as one, under a name made of its own', () => {
  const { upload, last } = bench();
  upload.start(file('My Model (v2).ONNX'));
  expect(last().log.slice(0, 2)).toEqual([
    'POST api/v1/models?name=my-model-v2',
    'content-type: application/octet-stream',
  ]);
  const guesses = [
    { field: 'labels', value: '2: class-0, class-1', why: 'the graph has 2 without names', sure: false },
  ];
  last().answer(201, { ...modelOf('1.0.0'), guesses });
  expect(upload.state.value).toMatchObject({ kind: 'done', model: { guesses } });
});

test('a refusal is shown in the words of the hub', () => {
  const { upload, last } = bench();
  const detail = 'the archive: model.yaml is missing';
  upload.start(file());
  last().answer(422, { type: 'about:blank', title: 'No', status: 422, detail });
  expect(upload.state.value).toEqual({ kind: 'failed', file: 'bright.tar.gz', reason: detail });
  upload.start(file());
  last().answer(502, '<html>proxy</html>');
  expect(upload.state.value).toMatchObject({ reason: 'The hub answered 502.' });
  upload.start(file());
  last().answer(201, { name: 'bright' });
  expect(upload.state.value).toMatchObject({ kind: 'failed', reason: expect.stringContaining('not understood') });
  upload.start(file());
  last().onerror?.({} as ProgressEvent);
  expect(upload.state.value).toMatchObject({
    kind: 'failed',
    reason: expect.stringContaining('connection to the hub broke'),
  });
});

test('one at a time; a cancelled one says nothing more', () => {
  const { upload, requests, last } = bench();
  upload.start(file('one.tar.gz'));
  upload.start(file('two.tar.gz'));
  expect(requests).toHaveLength(1);
  const first = last();
  upload.clear();
  expect(first.log.at(-1)).toBe('abort');
  first.progress(9);
  first.answer(201, modelOf('1.0.0'));
  expect(upload.state.value).toEqual({ kind: 'idle' });
  upload.start(file('two.tar.gz'));
  expect(requests).toHaveLength(2);
});

test('what a cancelled or ended upload still says changes nothing, not even the next one', () => {
  const { upload, last } = bench();
  upload.start(file('one.tar.gz'));
  const first = last();
  upload.clear();
  upload.start(file('two.tar.gz'));
  const second = last();
  first.progress(9);
  first.answer(201, modelOf('9.9.9'));
  first.onerror?.({} as ProgressEvent);
  expect(upload.state.value).toEqual({ kind: 'sending', file: 'two.tar.gz', sent: 0, total: 10 });
  second.answer(201, modelOf('1.0.0'));
  const done = upload.state.value;
  second.progress(3);
  second.onerror?.({} as ProgressEvent);
  expect(upload.state.value).toBe(done);
  upload.clear();
  expect(upload.state.value).toEqual({ kind: 'idle' });
  expect(second.log).not.toContain('abort');
});
