/** The part of the route table that is about claims and certificates. */
import type { Access, Call, Entry } from './route-table.ts';

type Make = (path: string, body?: unknown) => Call;
type Get = (path: string, access?: Access, status?: number) => Entry;

export const enrolmentRoutes = (api: Make, get: Get): Readonly<Record<string, Entry>> => ({
  // The hub of these tests speaks plain text: 409 says so to whoever may ask. With TLS: test/cloud-hub/pki.
  'POST /api/v1/enrol': {
    access: 'public',
    status: 409,
    call: () => api('/enrol', { claim: 'vedette1', request: 'x' }),
  },
  'POST /api/v1/renew': { access: 'public', status: 409, call: () => api('/renew', { request: 'x' }) },
  'GET /api/v1/pki/ca.pem': get('/pki/ca.pem', 'public', 409),
  'GET /api/v1/pki/crl.pem': get('/pki/crl.pem', 'public', 409),
  'GET /api/v1/claims': get('/claims', 'admin'),
  'POST /api/v1/claims': { access: 'admin', status: 409, call: () => api('/claims', {}) },
  'DELETE /api/v1/claims/{id}': { access: 'admin', status: 409, call: () => api('/claims/1') },
  'GET /api/v1/enrolments': get('/enrolments'),
  'POST /api/v1/enrolments/{id}/approve': {
    access: 'admin',
    status: 409,
    call: () => api('/enrolments/1/approve', {}),
  },
  'POST /api/v1/enrolments/{id}/refuse': { access: 'admin', status: 409, call: () => api('/enrolments/1/refuse', {}) },
  'GET /api/v1/certificates': get('/certificates'),
  'POST /api/v1/devices/{device}/revoke': {
    access: 'admin',
    status: 409,
    call: () => api('/devices/cam/revoke', {}),
  },
});
