// ECMA-48: OSC, DCS and their like run to BEL or ST; CSI has parameters and a final byte; other escapes are two bytes.
const SEQUENCES =
  // eslint-disable-next-line no-control-regex
  /\u001b[\]PX^_][^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|\u001b[ -/]*[0-~]?/g
// eslint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g

/** Text that cannot move the cursor, retitle the window or answer the terminal: escape sequences and controls taken out, tabs kept. */
export function toPrintable(text: string): string {
  return text.replaceAll(SEQUENCES, '').replaceAll(CONTROLS, '').replaceAll('\n', ' ')
}
