/** MQTT in a WebSocket on the port of HTTP(S), for networks that let nothing else out. Who may what is the broker's matter. */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FastifyPluginAsync } from 'fastify';
import { createWebSocketStream } from 'ws';
import { MQTT_PATH } from '../../../shared/contract/enrolment.ts';
import { ProblemError } from '../../../shared/http/problems.ts';

export interface MqttRouteOptions {
  readonly acceptMqtt: (connection: Duplex, socket: Socket) => void;
}

export function mqttRoutes({ acceptMqtt }: MqttRouteOptions): FastifyPluginAsync {
  return async (app) => {
    app.route({
      method: 'GET',
      url: MQTT_PATH,
      config: { upgrade: true },
      schema: { hide: true },
      handler() {
        throw new ProblemError(426, 'this is MQTT in a WebSocket: connect with ws:// or wss://', {
          upgrade: 'websocket',
        });
      },
      wsHandler(socket, request) {
        const stream = createWebSocketStream(socket);
        socket.on('close', () => stream.destroy());
        acceptMqtt(stream, request.raw.socket);
      },
    });
  };
}
