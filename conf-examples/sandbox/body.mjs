/*
 * A request's body as text, up to a megabyte.
 */

const LARGEST_BODY = 1 << 20;


export async function readBody(request) {
    const pieces = [];
    let size = 0;

    for await (const piece of request) {
        size += piece.length;

        if (size > LARGEST_BODY) {
            throw new Error("request body larger than a megabyte");
        }

        pieces.push(piece);
    }

    return Buffer.concat(pieces).toString();
}
