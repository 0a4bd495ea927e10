/** A code page of consoles outside of Unicode. */
export type CodePage = 437 | 850 | 866 | 932

// The upper halves, from 0x80 to 0xff.
const CP437 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0'
const CP850 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0'

function upperHalf(characters: string): Map<string, readonly number[]> {
  return new Map(Array.from(characters, (character, at) => [character, [0x80 + at]]))
}

function cyrillic(): Map<string, readonly number[]> {
  const bytes = Uint8Array.from({length: 128}, (_, at) => 0x80 + at)
  return upperHalf(new TextDecoder('ibm866').decode(bytes))
}

/** Every pair of bytes that stands for a character, and the half-width katakana, which are one byte each. */
function japanese(): Map<string, readonly number[]> {
  const table = new Map<string, readonly number[]>()
  const decoder = new TextDecoder('shift_jis')
  const leads = Array.from({length: 0x7c}, (_, at) => 0x81 + at).filter(lead => lead < 0xa0 || lead > 0xdf)
  for (const lead of leads) {
    const trails = Array.from({length: 0xfc - 0x40 + 1}, (_, at) => 0x40 + at).filter(trail => trail !== 0x7f)
    const parts = decoder.decode(Uint8Array.from(trails.flatMap(trail => [lead, trail, 0x0a]))).split('\n')
    for (const [at, trail] of trails.entries()) {
      const character = parts[at] ?? ''
      const isOne = character.length === 1 && character !== '\ufffd'
      if (isOne && !table.has(character)) table.set(character, [lead, trail])
    }
  }
  for (let byte = 0xa1; byte <= 0xdf; byte += 1) table.set(decoder.decode(Uint8Array.of(byte)), [byte])
  return table
}

const TABLES: Readonly<Record<CodePage, () => Map<string, readonly number[]>>> = {
  437: () => upperHalf(CP437),
  850: () => upperHalf(CP850),
  866: cyrillic,
  932: japanese,
}

/** Text as a console program writes it into a pipe; a question mark for what the code page does not have. */
export function encodeText(text: string, codePage: CodePage): Buffer {
  if (!/[^\0-\x7f]/.test(text)) return Buffer.from(text, 'latin1')
  const table = TABLES[codePage]()
  const question = [0x3f]
  return Buffer.from(
    Array.from(text).flatMap(character => {
      const code = character.codePointAt(0) ?? 0
      return code < 0x80 ? [code] : (table.get(character) ?? question)
    }),
  )
}

/** The text again, where it has no question marks of encodeText(). */
export function decodeText(bytes: Uint8Array, codePage: CodePage): string {
  if (codePage === 866) return new TextDecoder('ibm866').decode(bytes)
  if (codePage === 932) return new TextDecoder('shift_jis').decode(bytes)
  const upper = Array.from(codePage === 437 ? CP437 : CP850)
  return Array.from(bytes, byte => (byte < 0x80 ? String.fromCharCode(byte) : (upper[byte - 0x80] ?? ''))).join('')
}
