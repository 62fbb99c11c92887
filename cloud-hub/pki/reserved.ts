/** Names that no device may have: with them the hub itself signs in at a broker (deploy/mosquitto). */
export const RESERVED_NAMES: ReadonlySet<string> = new Set(['vedette-hub']);
