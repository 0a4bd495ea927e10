import {serviceError, type ServiceError} from './errors/service-error.js'
import type {GatewayStatus} from './gateway-status.js'

/** HSVC_ALREADY_EXISTS for a definition that somebody else made; `afterwards` ends the hint with what adopting allows. */
export function foreignRefusal({profile, service, definition}: GatewayStatus, afterwards = ''): ServiceError {
  const message = `${profile}: ${service} was made by somebody else (${definition ?? 'no path known'})`
  return serviceError('HSVC_ALREADY_EXISTS', message, {
    hint: `hermes-svc gateway install ${profile} --adopt takes it over and keeps a backup${afterwards}`,
  })
}
