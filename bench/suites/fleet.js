export async function fleet({results}) {
  results.skip('fleet', 'not written')
}
