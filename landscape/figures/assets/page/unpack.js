/* What the page carries: gzip in base64, inflated by the browser. */

export async function inflated(id) {
  const text = document.getElementById(id).textContent;
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")));
}

export async function loadLibrary() {
  const library = document.createElement("script");
  library.textContent = await (await inflated("plotly-js")).text();
  document.head.append(library);
}

const KINDS = { float32: Float32Array, float64: Float64Array, uint8: Uint8Array };

/* Arrays lie one after the other, the first bytes of all their numbers before the second bytes: so they pack better. */
export function arrayAt(buffer, { start, length, kind }) {
  const Kind = KINDS[kind];
  const size = Kind.BYTES_PER_ELEMENT;
  const mixed = new Uint8Array(buffer, start, length * size);
  const bytes = new Uint8Array(length * size);
  for (let byte = 0; byte < size; byte++) {
    for (let place = 0; place < length; place++) bytes[place * size + byte] = mixed[byte * length + place];
  }
  return new Kind(bytes.buffer);
}
