export async function restart({results}) {
  results.skip('restart', 'not written')
}
