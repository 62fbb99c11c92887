/** The few calls of the hub's API that the demo makes, as any script would. */
import { z } from 'zod';

export interface HubClient {
  /** A fresh token for the device, which is made when the hub does not know it. */
  deviceToken(id: string): Promise<string>;
  /** A code that signs one browser in. */
  signInCode(): Promise<string>;
  /** Gives the registry a package; one that it has already stays. @param archive .tar.gz */
  addModel(archive: Buffer): Promise<void>;
}

const secret = z.object({ token: z.string() });
const code = z.object({ code: z.string() });

/** @param base `http://host:port` */
export function createHubClient(base: string, token: string): HubClient {
  const send = async (path: string, type: string, body: string | Buffer) => {
    const response = await fetch(`${base}/api/v1${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': type },
      body,
    });
    return { status: response.status, body: (await response.json()) as unknown };
  };
  const post = (path: string, body: unknown) => send(path, 'application/json', JSON.stringify(body));
  const expect = <T>(schema: z.ZodType<T>, path: string, answer: { status: number; body: unknown }): T => {
    if (answer.status < 300) return schema.parse(answer.body);
    throw new Error(`the hub answered ${answer.status} to POST ${path}: ${JSON.stringify(answer.body)}`);
  };
  return {
    async deviceToken(id) {
      const made = await post('/devices', { id });
      if (made.status !== 409) return expect(secret, '/devices', made).token;
      const path = `/devices/${id}/token`;
      return expect(secret, path, await post(path, {})).token;
    },
    async signInCode() {
      return expect(code, '/sign-in-codes', await post('/sign-in-codes', {})).code;
    },
    async addModel(archive) {
      const answer = await send('/models', 'application/gzip', archive);
      if (answer.status !== 409) expect(z.unknown(), '/models', answer);
    },
  };
}
