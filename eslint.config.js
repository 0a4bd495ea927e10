import js from '@eslint/js'
import {createNodeResolver, importX} from 'eslint-plugin-import-x'
import {defineConfig, globalIgnores} from 'eslint/config'
import tseslint from 'typescript-eslint'

const CHILD_PROCESS = {
  regex: '^(node:)?child_process$',
  message: 'Processes are started in packages/core/src/process and packages/runner/src only.',
}
const OCLIF = {regex: '^@oclif/', message: 'Only packages/cli knows oclif.'}
const EXECA = {regex: '^execa$', message: 'Tools are run through the ToolRunner of core.'}
const CLI = {regex: '^hermes-svc($|/)', message: 'Dependencies point one way: cli → core ← backends.'}
const BACKENDS = {
  regex: '^@hermes-svc/backend-',
  message: 'A backend is imported by the host only, and only when its turn comes.',
}
const RUNNER = {regex: '^@hermes-svc/runner($|/)', message: 'Only the embedded and windows backends use the runner.'}
const CORE = {regex: '^@hermes-svc/core($|/)', message: 'Core imports its own files by relative paths.'}
const HEAVY_CORE = {
  regex: '^@hermes-svc/core$',
  allowTypeImports: true,
  message: 'The runner stays small: import types, or a light subpath such as @hermes-svc/core/publish-file.',
}

/** The modules that the files of one package must not import statically. */
function forbid(files, ...patterns) {
  return {files, rules: {'@typescript-eslint/no-restricted-imports': ['error', {patterns}]}}
}

export default defineConfig(
  globalIgnores(['**/dist/', '**/dist-test/', '**/bundle/', '**/coverage/']),
  {linterOptions: {reportUnusedDisableDirectives: 'error'}},
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    plugins: {'import-x': importX},
    languageOptions: {parserOptions: {projectService: true, tsconfigRootDir: import.meta.dirname}},
    settings: {
      'import-x/extensions': ['.ts'],
      'import-x/parsers': {'@typescript-eslint/parser': ['.ts']},
      'import-x/resolver-next': [createNodeResolver({extensions: ['.ts'], extensionAlias: {'.js': ['.ts']}})],
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', {fixStyle: 'inline-type-imports'}],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', {considerDefaultExhaustiveForUnions: true}],
      '@typescript-eslint/no-unused-vars': ['error', {argsIgnorePattern: '^_', ignoreRestSiblings: true}],
      'import-x/no-cycle': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', {ignoreArrowShorthand: true}],
      eqeqeq: ['error', 'always', {null: 'ignore'}],
    },
  },
  {files: ['packages/*/src/**/*.ts', 'packages/core/conformance/src/**/*.ts'], rules: {'max-lines': ['error', 400]}},
  {files: ['packages/cli/src/commands/**/*.ts'], rules: {'max-lines': ['error', 60]}},
  forbid(['packages/core/src/**/*.ts'], CHILD_PROCESS, OCLIF, EXECA, CLI, BACKENDS, RUNNER, CORE),
  forbid(['packages/core/src/process/**/*.ts'], OCLIF, CLI, BACKENDS, RUNNER, CORE),
  forbid(['packages/core/conformance/src/**/*.ts'], CHILD_PROCESS, OCLIF, EXECA, CLI, BACKENDS, RUNNER),
  forbid(['packages/runner/src/**/*.ts'], OCLIF, EXECA, CLI, BACKENDS, HEAVY_CORE),
  // These two run in a backend's process, never in a runner.
  forbid(['packages/runner/src/{definition-store,runner-definition}.ts'], OCLIF, EXECA, CLI, BACKENDS),
  forbid(['packages/backend-*/src/**/*.ts'], CHILD_PROCESS, OCLIF, EXECA, CLI, BACKENDS, RUNNER),
  forbid(['packages/backend-{embedded,windows}/src/**/*.ts'], CHILD_PROCESS, OCLIF, EXECA, CLI, BACKENDS),
  forbid(['packages/cli/src/**/*.ts'], CHILD_PROCESS, EXECA, BACKENDS, RUNNER),
  // It imports the bundled ones by name, for them to be joined into the same modules; still only when their turn comes.
  forbid(['packages/cli/src/fast/bundled-backends.ts'], CHILD_PROCESS, EXECA, RUNNER),
  {
    // sinon's matchers and ava's assertions are unbound on purpose; a fake need not await anything.
    files: ['packages/*/test/**/*.ts', 'packages/core/conformance/test/**/*.ts'],
    rules: {'@typescript-eslint/unbound-method': 'off', '@typescript-eslint/require-await': 'off'},
  },
  {
    files: ['**/*.{js,cjs,mjs}'],
    languageOptions: {
      globals: Object.fromEntries(Object.getOwnPropertyNames(globalThis).map(name => [name, 'readonly'])),
    },
  },
  {files: ['**/*.cjs'], languageOptions: {globals: {__dirname: 'readonly'}}},
  {files: ['scripts/check-node.cjs'], languageOptions: {ecmaVersion: 5}},
)
