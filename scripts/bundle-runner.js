// Joins the runner into one module of CommonJS. Each gateway has a runner, so that a fleet that is started starts as many: the
// loader for modules of ECMAScript and the files it looks for cost each half of what Node itself takes.
import {join} from 'node:path'
import {build} from 'esbuild'
import {root} from './published-packages.js'

/** Writes bundle/main.cjs beside the module of the same that older launchers name. */
export async function bundleRunner(directory) {
  await build({
    absWorkingDir: root,
    entryPoints: [join(directory, 'dist', 'main.js')],
    outfile: join(directory, 'bundle', 'main.cjs'),
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20.19',
    conditions: ['hermes-svc-source'],
    minify: true,
    sourcemap: 'linked',
    sourcesContent: false,
    // What starts a runner stands beside a flag that the runner knows, and is left out.
    define: {'import.meta.url': 'undefined'},
    logLevel: 'warning',
  })
}
