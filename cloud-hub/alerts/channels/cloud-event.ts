/** A notification as a CloudEvent 1.0 (JSON format, structured mode). Pure. */
import type { Notification } from '../../contract/alert.ts';

export function cloudEventOf(notification: Notification) {
  return {
    specversion: '1.0',
    id: notification.id,
    source: 'vedette-hub',
    type: `vedette.alert.${notification.state}`,
    subject: notification.rule,
    time: notification.at,
    datacontenttype: 'application/json',
    data: notification,
  } as const;
}
