/** So many names of one length, in order. */
export function profileNames(count, prefix = 'g') {
  return Array.from({length: count}, (_, index) => `${prefix}${String(index).padStart(5, '0')}`)
}

/** Runs a job for each, a few at a time. */
export async function forEachOf(items, width, job) {
  const queue = [...items]
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await job(item)
  }
  await Promise.all(Array.from({length: width}, worker))
}
