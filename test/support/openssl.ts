/** OpenSSL (Debian package `openssl`): who judges certificates and TLS without being of us. */
import { execFile } from 'node:child_process';

export interface Verdict {
  readonly ok: boolean;
  /** What it printed on both streams. */
  readonly text: string;
}

/** Not at once: the server that it talks to may be in this process. */
export function openssl(args: readonly string[], input = ''): Promise<Verdict> {
  return new Promise((resolve) => {
    // A library of OPC UA sets it for the whole process, to no file.
    const env = { ...process.env, OPENSSL_CONF: undefined };
    const child = execFile('openssl', args, { timeout: 30_000, env }, (error, stdout, stderr) =>
      resolve({ ok: error === null, text: `${stdout}${stderr}` }),
    );
    // It may end before it has read all.
    child.stdin?.on('error', () => undefined).end(input);
  });
}

/** A handshake with a server on this machine; `ok` when both sides are content. */
export function handshake(port: number, more: readonly string[]): Promise<Verdict> {
  return openssl(['s_client', '-connect', `127.0.0.1:${port}`, '-verify_return_error', ...more], 'Q\n');
}
