// CommonJS and old syntax on purpose: this file must run on the Node versions that it refuses.
var found = process.versions.node.split('.').map(Number)
if (found[0] < 20 || (found[0] === 20 && found[1] < 19)) {
  var needed = 'hermes-svc needs Node 20.19 or newer; this is Node ' + process.versions.node
  console.error(needed + '. Install a newer Node and try again.')
  process.exit(1)
}
