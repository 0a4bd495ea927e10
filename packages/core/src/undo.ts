import {type ErrorCode} from './errors/error-codes.js'
import {serviceError, type ServiceError, toServiceError} from './errors/service-error.js'

/**
 * Runs `change`; when it rejects, `undo` runs and the rejection goes on. Rejections with a code in `keeps` are not
 * undone. When undoing fails too: HSVC_ROLLBACK_FAILED, with the first failure as cause.
 */
export async function undoing<T>(
  change: () => Promise<T>,
  undo: (failure: ServiceError) => Promise<void>,
  keeps: readonly ErrorCode[] = [],
): Promise<T> {
  try {
    return await change()
  } catch (error) {
    const failure = toServiceError(error)
    if (failure.code === 'HSVC_ROLLBACK_FAILED' || keeps.includes(failure.code)) throw failure
    try {
      await undo(failure)
    } catch (undoError) {
      const {message, remains} = toServiceError(undoError)
      throw serviceError('HSVC_ROLLBACK_FAILED', `${failure.message}; undoing it failed too: ${message}`, {
        cause: failure,
        remains: remains ?? [message],
        hint: 'see what is left with hermes-svc gateway status, and remove it by hand',
      })
    }
    throw failure
  }
}
