export const CONTROL_TOPIC = 'control/numbers';
