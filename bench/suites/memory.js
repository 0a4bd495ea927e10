export async function memory({results}) {
  results.skip('memory', 'not written')
}
