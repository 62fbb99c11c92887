/** How many connections the hub takes, by how many files and connections its process may have open. */

/** Databases, listeners, uploads, a process that looks into one, and what Node opens for itself; measured: 28 at rest. */
const OWN = 64;
const MOST_HTTP = 1024;
const MOST_MQTT = 20_000;
/** A request may read a file while it is answered. */
const FILES_PER_REQUEST = 2;

export interface Budget {
  readonly http: number;
  /** Of the embedded broker. */
  readonly mqtt: number;
}

/** @param limit of the process; Infinity: none is known. A third of what is left goes to HTTP. */
export function budgetOf(limit: number): Budget {
  const left = Math.max(0, limit - OWN);
  const http = Math.max(8, Math.min(MOST_HTTP, Math.floor(left / 3 / FILES_PER_REQUEST)));
  return { http, mqtt: Math.max(8, Math.min(MOST_MQTT, Math.floor(left - http * FILES_PER_REQUEST))) };
}
