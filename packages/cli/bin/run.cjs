#!/usr/bin/env node
'use strict'
// CommonJS, since Node's loader for modules of ECMAScript costs a third of Node's own start. Whatever is loaded before this
// check, a Node that is too old dies in with a riddle.
const [major, minor] = process.versions.node.split('.').map(Number)

if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `hermes-svc needs Node 20.19 or newer; this is Node ${process.versions.node}. Install a newer Node and try again.`,
  )
  process.exit(1)
}

function tellUnbuilt(error) {
  const unbuilt = error.code === 'ENOENT' && String(error.message).includes('bundle')
  console.error(unbuilt ? 'hermes-svc is not built: run `npm run build` in its checkout.' : error)
  process.exit(1)
}

const argv = process.argv.slice(2)
// What is certainly not for the fast entry does not wait for it.
const [, command] = argv.includes('--json') ? (/^gateway[: ](list|status)\b/.exec(argv.join(' ')) ?? []) : []

try {
  const {load, keepCompiled} = require('./load-compiled.cjs').modulesFor(command ?? 'main')
  const isAnswered = command !== undefined && load('fast-entry.cjs').runFast(argv, keepCompiled)
  if (!isAnswered) load('main.cjs').main(argv, keepCompiled)
} catch (error) {
  tellUnbuilt(error)
}
