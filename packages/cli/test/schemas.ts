import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {Ajv, type ValidateFunction} from 'ajv'
import {packageRoot} from './program.js'

const ajv = new Ajv({strict: true, allowUnionTypes: true, allErrors: true})
const directory = join(packageRoot, 'schemas')
const validators = new Map<string, ValidateFunction>()

for (const file of readdirSync(directory)) {
  const name = file.replace(/\.json$/, '')
  validators.set(name, ajv.compile(JSON.parse(readFileSync(join(directory, file), 'utf8')) as object))
}

/** Names of the published schemas. */
export const schemaNames = [...validators.keys()]

/** What keeps a document from its schema, as text; empty when nothing does. */
export function schemaProblems(name: string, document: unknown): string {
  const validate = validators.get(name)
  if (validate === undefined) throw new Error(`no schema ${name}`)
  return validate(document) ? '' : ajv.errorsText(validate.errors, {separator: '\n'})
}
