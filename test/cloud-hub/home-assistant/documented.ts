/**
 * Discovery messages as the documentation of Home Assistant describes them (MQTT integration: device discovery payload, binary
 * sensor, sensor, image), as far as the hub uses them. What is not documented is refused.
 */
import { z } from 'zod';

const topic = z
  .string()
  .min(1)
  .max(65_535)
  .regex(/^[^+#\0]+$/);
/** A Jinja template: every bracket that is opened is closed. */
const template = z.string().regex(/^(?:[^{}]|\{\{[^{}]+\}\})+$/);

const availability = z.strictObject({
  topic,
  payload_available: z.string().optional(),
  payload_not_available: z.string().optional(),
  value_template: template.optional(),
});

const entity = {
  unique_id: z.string().min(1),
  name: z.string().min(1),
  entity_category: z.enum(['config', 'diagnostic']).optional(),
  icon: z.string().regex(/^mdi:/).optional(),
  enabled_by_default: z.boolean().optional(),
  qos: z.union([z.literal(0), z.literal(1), z.literal(2)]).optional(),
  availability: z.array(availability).min(1).optional(),
  availability_mode: z.enum(['all', 'any', 'latest']).optional(),
};

const component = z.discriminatedUnion('platform', [
  z.strictObject({
    ...entity,
    platform: z.literal('binary_sensor'),
    state_topic: topic,
    device_class: z.enum(['connectivity', 'running', 'motion', 'occupancy', 'problem']).optional(),
    off_delay: z.int().positive().optional(),
    expire_after: z.int().positive().optional(),
    payload_on: z.string().optional(),
    payload_off: z.string().optional(),
    value_template: template.optional(),
  }),
  z.strictObject({
    ...entity,
    platform: z.literal('sensor'),
    state_topic: topic,
    device_class: z.literal('data_size').optional(),
    state_class: z.enum(['measurement', 'total', 'total_increasing']).optional(),
    unit_of_measurement: z.string().optional(),
    suggested_display_precision: z.int().min(0).optional(),
    value_template: template.optional(),
  }),
  z.strictObject({
    ...entity,
    platform: z.literal('image'),
    image_topic: topic,
    content_type: z.enum(['image/jpeg', 'image/png']),
  }),
  z.strictObject({
    ...entity,
    platform: z.literal('update'),
    state_topic: topic,
    value_template: template.optional(),
    latest_version_topic: topic,
    latest_version_template: template.optional(),
    device_class: z.literal('firmware').optional(),
    title: z.string().optional(),
    release_url: z.url().optional(),
  }),
]);

/** An entity that is removed has its platform alone. */
const removed = z.strictObject({ platform: z.enum(['binary_sensor', 'sensor', 'image', 'update']) });

export const documented = z.strictObject({
  device: z.strictObject({
    identifiers: z.array(z.string().min(1)).min(1),
    name: z.string().min(1),
    manufacturer: z.string().optional(),
    model: z.string().optional(),
    sw_version: z.string().optional(),
    configuration_url: z.url().optional(),
  }),
  origin: z.strictObject({
    name: z.string().min(1),
    sw_version: z.string().optional(),
    support_url: z.url().optional(),
  }),
  components: z.record(z.string().min(1), z.union([component, removed])),
});

/** `PREFIX/device/NODE/OBJECT/config`, of letters, digits, `_` and `-`. */
export const discoveryTopic = /^homeassistant\/device\/[a-zA-Z0-9_-]+\/[a-zA-Z0-9_-]+\/config$/;
