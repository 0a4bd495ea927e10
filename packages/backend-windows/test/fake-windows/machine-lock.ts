import {createServer, type Server} from 'node:net'
import {setTimeout as delay} from 'node:timers/promises'

const RETRY_MS = 2

function tryListen(address: string): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(null)
      else reject(error)
    })
    server.listen(address, () => {
      resolve(server)
    })
  })
}

/**
 * Does something while nobody else has the lock of this name. It is a name that one process can listen on, an abstract
 * socket of unix(7) or a pipe of Windows: the system frees it however its holder ends.
 */
export async function withLock<T>(name: string, work: () => T | Promise<T>): Promise<T> {
  const address = process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : `\0${name}`
  for (;;) {
    const server = await tryListen(address)
    if (server === null) {
      await delay(RETRY_MS)
      continue
    }
    try {
      return await work()
    } finally {
      await new Promise(resolve => server.close(resolve))
    }
  }
}
