/** The browser's WebSocket behind the feed's `Socket`. */
import type { Socket, SocketHandlers } from './feed.ts';

/** Opens `path` below the base of the page, encrypted when the page is. */
export function openSocket(base: URL, path: string, handlers: SocketHandlers): Socket {
  const url = new URL(path, base);
  url.protocol = base.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => handlers.open();
  socket.onclose = () => handlers.closed();
  socket.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (typeof data === 'string') handlers.text(data);
    else if (data instanceof ArrayBuffer) handlers.binary(new Uint8Array(data));
  };
  return { send: (text) => socket.send(text), close: () => socket.close() };
}
