'use strict'
// Our commands, for oclif: each is loaded when it is asked for.
const {readdirSync} = require('node:fs')
const {DIRECTORY, modulesFor, loading} = require('./run.cjs')

const {load} = loading() ?? modulesFor('main')
const names = readdirSync(DIRECTORY).filter(name => /^command-.*\.cjs$/.test(name))

exports.COMMANDS = Object.defineProperties(
  {},
  Object.fromEntries(
    names.map(name => {
      const id = name
        .slice('command-'.length, -'.cjs'.length)
        .replaceAll('-', ':')
        .replace(/:index$/, '')
      return [id, {enumerable: true, get: () => load(name).default}]
    }),
  ),
)
