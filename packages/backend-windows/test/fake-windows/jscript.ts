import {createContext, runInContext} from 'node:vm'
import type {ScriptHost} from './script-host.js'

/** What JavaScript has and JScript does not. */
const TOO_NEW = /=>|`|\b(?:let|const|class|async|await|import|export)\b|\.\.\.|\?\?|\?\.|,\s*[\]}]/

function withoutLiterals(text: string): string {
  return text.replace(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\/\/.*|\/\*[\s\S]*?\*\//g, '0')
}

/** Runs a script of JScript, an ECMAScript 3. */
export function runJScript(text: string, host: ScriptHost): void {
  const found = TOO_NEW.exec(withoutLiterals(text))
  if (found !== null) throw new SyntaxError(`expected ECMAScript 3, got ${found[0]}`)
  const sandbox = {
    WScript: host.WScript,
    ActiveXObject: function (name: string) {
      return host.createObject(name)
    },
  }
  runInContext(text, createContext(sandbox))
}
