/** A notification as a CloudEvent 1.0 (JSON format, structured mode). Pure. */
import type { Notification } from '../../contract/alert.ts';

/** @param picture JPEG of the latest event; undefined: without */
export function cloudEventOf(notification: Notification, picture?: Uint8Array) {
  return {
    specversion: '1.0',
    id: notification.id,
    source: 'vedette-hub',
    type: `vedette.alert.${notification.state}`,
    subject: notification.rule,
    time: notification.at,
    datacontenttype: 'application/json',
    data: {
      ...notification,
      ...(picture ? { picture: { mime: 'image/jpeg', data: Buffer.from(picture).toString('base64') } } : {}),
    },
  } as const;
}
