// Stands in for a Hermes gateway: answers on loopback, says something now and then, ends cleanly when asked to.
import {createServer} from 'node:http'

const [, , profile = 'default'] = process.argv
const port = Number(process.env.API_SERVER_PORT ?? 0)
const TALK_MS = 2000
let served = 0

const server = createServer((request, response) => {
  served += 1
  response.setHeader('content-type', 'application/json')
  response.end(`${JSON.stringify({profile, pid: process.pid, served})}\n`)
})

server.once('error', error => {
  console.error(`${profile}: cannot listen: ${error.message}`)
  process.exit(1)
})

server.listen(port, '127.0.0.1', () => {
  console.log(`${profile}: process ${process.pid} listens on 127.0.0.1:${server.address().port}`)
})

const talking = setInterval(() => {
  console.log(`${profile}: ${served} requests so far`)
}, TALK_MS)

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => {
    console.log(`${profile}: ${signal}, ending`)
    clearInterval(talking)
    server.close(() => process.exit(0))
    server.closeAllConnections()
  })
}
