#!/usr/bin/env node
// Static imports would be loaded before this check, and a Node that is too old dies in them with a riddle.
const [major, minor] = process.versions.node.split('.').map(Number)

if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `hermes-svc needs Node 20.19 or newer; this is Node ${process.versions.node}. Install a newer Node and try again.`,
  )
  process.exit(1)
}

import('../dist/main.js').then(
  ({main}) => main(process.argv.slice(2)),
  error => {
    const unbuilt = error.code === 'ERR_MODULE_NOT_FOUND' && String(error.message).includes('dist')
    console.error(unbuilt ? 'hermes-svc is not built: run `npm run build` in its checkout.' : error)
    process.exit(1)
  },
)
