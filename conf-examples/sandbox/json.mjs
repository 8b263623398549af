/*
 * JSON as the services write it: integers of any size, decimals as given.
 *
 * JSON.stringify knows no number above 2^53, but a slot, a lamport balance or
 * a rent epoch may be one.  A BigInt becomes bare digits here and a Literal
 * stands in the text as it is, so a price keeps the digits it was given.
 */

const MARK = "an integer beyond 2^53";
const TOKEN = /"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*/g;


export class Literal {
    constructor(text) {
        this.text = text;
    }
}


export function encode(value) {
    if (typeof value === "bigint") {
        return value.toString();
    }

    if (value instanceof Literal) {
        return value.text;
    }

    if (Array.isArray(value)) {
        return `[${value.map((item) => encode(item ?? null)).join(",")}]`;
    }

    if (value !== null && typeof value === "object") {
        const members = Object.entries(value)
            .filter(([, member]) => member !== undefined)
            .map(([name, member]) =>
                `${JSON.stringify(name)}:${encode(member)}`);

        return `{${members.join(",")}}`;
    }

    return JSON.stringify(value);
}


/*
 * JSON.parse for which an integer beyond 2^53 is a BigInt: no digit of an id
 * is lost.  Throws what JSON.parse throws.
 */
export function decode(text) {
    const marked = text.replace(TOKEN, (token) => isUnsafe(token)
        ? `{"${MARK}":"${token}"}` : token);

    return JSON.parse(marked, (_, value) => value?.[MARK] === undefined
        ? value : BigInt(value[MARK]));
}


function isUnsafe(token) {
    return /^-?[1-9][0-9]*$/.test(token)
        && !Number.isSafeInteger(Number(token));
}


/* 1234567n of 6 decimals is "1.234567"; zeros at the end are not written. */
export function decimalText(amount, decimals) {
    const digits = (amount < 0n ? -amount : amount).toString()
        .padStart(decimals + 1, "0");
    const whole = digits.slice(0, digits.length - decimals);
    const part = digits.slice(digits.length - decimals).replace(/0+$/, "");

    return (amount < 0n ? "-" : "") + whole + (part ? `.${part}` : "");
}
