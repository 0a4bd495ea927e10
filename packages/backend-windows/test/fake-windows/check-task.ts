import {FAILURE, type Failure} from './results.js'
import {NAMESPACE, type ParentRule, type Rule, TASK} from './task-schema.js'
import {childOf, type XmlElement} from './xml-element.js'

/** Why Windows does not take a definition. */
export interface TaskProblem {
  readonly failure: Failure
  /** The element it is about. */
  readonly where: string
}

const VERSIONS = ['1.1', '1.2', '1.3', '1.4', '1.5', '1.6']

function findChildrenProblem(element: XmlElement, rule: ParentRule): TaskProblem | null {
  const order = Object.keys(rule.children)
  let last = -1
  const seen = new Set<string>()
  for (const {name} of element.children) {
    const at = order.indexOf(name)
    const isTwice = rule.kind !== 'any' && seen.has(name)
    if (at === -1 || isTwice || (rule.kind === 'sequence' && at < last)) {
      return {failure: FAILURE.unexpectedNode, where: name}
    }
    seen.add(name)
    last = at
  }
  if (element.children.length > rule.most) return {failure: FAILURE.unexpectedNode, where: element.name}
  const missing = rule.required.find(name => !seen.has(name))
  return missing === undefined ? null : {failure: FAILURE.missingNode, where: missing}
}

function findProblemIn(element: XmlElement, rule: Rule): TaskProblem | null {
  const {name, namespace, attributes} = element
  if (namespace !== NAMESPACE) return {failure: FAILURE.wrongNamespace, where: name}
  if (rule.kind === 'text') {
    const isRight = element.children.length === 0 && rule.allows(element.text.trim())
    return isRight ? null : {failure: FAILURE.invalidValue, where: name}
  }
  if (element.children.length === 0 && element.text.trim() !== '') return {failure: FAILURE.unexpectedNode, where: name}
  const stray = Object.keys(attributes).find(key => !rule.attributes.includes(key))
  if (stray !== undefined) return {failure: FAILURE.unexpectedNode, where: stray}
  for (const child of element.children) {
    const childRule = rule.children[child.name]
    const problem = childRule === undefined ? null : findProblemIn(child, childRule)
    if (problem !== null) return problem
  }
  return findChildrenProblem(element, rule)
}

/** What is wrong with a definition, null where nothing is. */
export function findTaskProblem(task: XmlElement): TaskProblem | null {
  if (task.name !== 'Task') return {failure: FAILURE.unexpectedNode, where: task.name}
  const problem = findProblemIn(task, TASK)
  if (problem !== null) return problem
  if (!VERSIONS.includes(task.attributes['version'] ?? '')) return {failure: FAILURE.invalidValue, where: 'version'}
  const actions = childOf(task, 'Actions')
  if (actions === undefined || actions.children.length === 0) return {failure: FAILURE.missingNode, where: 'Exec'}
  const principal = childOf(childOf(task, 'Principals'), 'Principal')
  if (actions.attributes['Context'] !== principal?.attributes['id']) {
    return {failure: FAILURE.invalidValue, where: 'Context'}
  }
  return null
}
