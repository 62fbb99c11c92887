/** Samples that wait for the model: devices in turn, bounded per device and in all. Pure. */

export interface FairQueue<T> {
  /** False: this device, or all together, have too many waiting. */
  offer(device: string, bytes: number, item: T): boolean;
  next(): T | undefined;
  readonly size: number;
}

export interface QueueBounds {
  readonly perDevice: number;
  readonly items: number;
  readonly bytes: number;
}

export function createFairQueue<T>(bounds: QueueBounds): FairQueue<T> {
  /** The first device is the next one; a device that was served goes to the end. */
  const devices = new Map<string, { readonly bytes: number; readonly item: T }[]>();
  let [items, bytes] = [0, 0];
  return {
    offer(device, size, item) {
      const own = devices.get(device) ?? [];
      if (own.length >= bounds.perDevice || items >= bounds.items || bytes + size > bounds.bytes) return false;
      own.push({ bytes: size, item });
      devices.set(device, own);
      items++;
      bytes += size;
      return true;
    },
    next() {
      const [entry] = devices;
      if (!entry) return undefined;
      const [device, own] = entry;
      const first = own.shift();
      devices.delete(device);
      if (own.length > 0) devices.set(device, own);
      if (!first) return undefined;
      items--;
      bytes -= first.bytes;
      return first.item;
    },
    get size() {
      return items;
    },
  };
}
